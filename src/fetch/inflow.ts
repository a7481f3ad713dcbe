import { setImmediate } from 'node:timers';

import type { DecodedEvent, EventSink, EventSource } from '../native/events.js';
import { engine, type Receiver } from '../native/link.js';
import type { ByteSink, ByteSource, RelayReport } from '../native/passing.js';
import { concat } from './bytes.js';
import { decodeBytes } from './decoding.js';
import { Passing } from './passing.js';

/** Credit is given back in pieces of at least this many bytes; well below the engine's window. */
const CREDIT_BYTES = 64 * 1024;

type Pull = ReadableByteStreamController;

/** The exchange whose response it is. */
interface Owner extends Receiver, Pick<EventSource, 'leave' | 'forgo'> {}

/**
 * A response's body as it flows in: bytes that have arrived and nobody has read, and whoever waits
 * for more. Reading gives the engine credit to read on; leaving stops the upstream.
 */
export class Inflow {
  readonly #owner: Owner;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  /** A stream's read that waits for bytes. Held only so long, so that a forgotten stream can be collected. */
  #reader: Pull | undefined;
  #collector: ((failed: boolean) => void) | undefined;
  #uncredited = 0;
  /** Bytes that have arrived so far. */
  #received = 0;
  /** Who wants events instead of bytes, and what kind of them. */
  #sink: EventSink | undefined;
  #wish = 0;
  /** The engine decodes, and has all the bytes. */
  #handedOver = false;
  /** Somebody passes the bytes on as they come. */
  #passing: Passing | undefined;
  /** How long it all took, in milliseconds, once it has ended. */
  total: number | undefined;
  /** Somebody has read from it, or has cancelled it. */
  disturbed = false;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#received += bytes.length;
    if (this.#passing !== undefined) {
      this.#passing.push(bytes);
      return;
    }
    if (this.#sink !== undefined) {
      // It was on its way when the engine was asked to decode.
      this.#queue.push(bytes);
      this.#ask();
      return;
    }
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      this.#credit(bytes.length);
      reader.enqueue(bytes);
      return;
    }
    if (this.#collector !== undefined) this.#credit(bytes.length);
    this.#queue.push(bytes);
  }

  events(events: DecodedEvent[], bytes: number): void {
    if (!this.#handedOver) {
      this.#handedOver = true;
      this.#queue = [];
    }
    this.#sink?.events(events, bytes);
  }

  end(total: number): void {
    this.#ended = true;
    this.total = total;
    if (this.#passing !== undefined) {
      this.#passing.end();
      return;
    }
    if (this.#sink !== undefined) {
      if (this.#decodeRest(this.#sink, true)) this.#sink.end();
      return;
    }
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) close(reader);
    this.#collector?.(false);
  }

  /** The body breaks off here; what came before is still there to be read. */
  fail(reason: unknown): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = { reason };
    if (this.#passing !== undefined) {
      this.#passing.fail(reason);
      return;
    }
    if (this.#sink !== undefined) {
      if (this.#decodeRest(this.#sink, false)) this.#sink.fail(reason);
      return;
    }
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.error(reason);
    this.#collector?.(true);
  }

  /** Nobody may read on: what came and was not read is dropped. */
  stop(reason: unknown): void {
    this.#queue = [];
    if (this.#passing !== undefined) {
      this.#passing.stop(reason);
      return;
    }
    if (this.#sink === undefined) {
      this.fail(reason);
      return;
    }
    this.#failure = { reason };
    this.#sink.stop(reason);
  }

  /** A byte stream over what is left. It reads only when it is read. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        type: 'bytes',
        pull: (controller: Pull) => this.#pull(controller),
        cancel: () => {
          this.disturbed = true;
          this.#owner.leave();
        },
      },
      { highWaterMark: 0 },
    ) as ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  /** All the rest at once. */
  async collect(): Promise<Uint8Array<ArrayBuffer>> {
    this.disturbed = true;
    if (!this.#ended && this.#failure === undefined) {
      this.#credit(this.#queue.reduce((sum, chunk) => sum + chunk.length, 0));
      await new Promise((resolve) => {
        this.#collector = resolve;
      });
      this.#collector = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
    const [first, ...others] = this.#queue;
    this.#queue = [];
    if (first === undefined) return new Uint8Array(0);
    return others.length === 0 ? first : concat([first, ...others]);
  }

  /** What is left, as events. */
  decode(wish: number, sink: EventSink): EventSource {
    this.disturbed = true;
    this.#sink = sink;
    this.#wish = wish;
    if (this.#failure !== undefined) {
      if (this.#decodeRest(sink, false)) sink.fail(this.#failure.reason);
    } else if (this.#ended) {
      if (this.#decodeRest(sink, true)) sink.end();
    } else {
      this.#ask();
    }
    return {
      credit: (bytes) => this.#credit(bytes),
      leave: () => this.#owner.leave(),
      forgo: () => this.#owner.forgo(),
    };
  }

  /** What is left, passed on as it comes. */
  pass(sink: ByteSink): ByteSource {
    this.disturbed = true;
    const queue = this.#queue;
    this.#queue = [];
    this.#passing = new Passing(this.#owner, sink, {
      queue,
      received: () => this.#received,
      credit: (bytes) => this.#credit(bytes),
    });
    if (this.#failure !== undefined) this.#passing.fail(this.#failure.reason);
    else if (this.#ended) this.#passing.end();
    return this.#passing;
  }

  /** The engine passes it on by itself, or has been asked to. */
  get isRelayed(): boolean {
    return this.#passing?.isRelayed === true;
  }

  relayed(report: RelayReport): void {
    this.#ended = true;
    this.#passing?.relayed(report);
  }

  /** Asks the engine to decode: it gets back what came and was not read. */
  #ask(): void {
    engine().decode(this.#owner, this.#wish, this.#received, concat(this.#queue));
  }

  /** Decodes here what the engine has not taken back. */
  #decodeRest(sink: EventSink, complete: boolean): boolean {
    if (this.#handedOver) return true;
    const rest = concat(this.#queue);
    this.#queue = [];
    return decodeBytes(this.#wish, rest, complete, sink);
  }

  #pull(controller: Pull): void {
    this.disturbed = true;
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#credit(chunk.length);
      controller.enqueue(chunk);
    } else if (this.#failure !== undefined) {
      const { reason } = this.#failure;
      // A turn later: an error empties every stream that this one is piped into, and what came before the
      // failure, maybe in the same drain, may still be on its way through them.
      setImmediate(() => controller.error(reason));
    } else if (this.#ended) {
      close(controller);
    } else {
      this.#reader = controller;
    }
  }

  #credit(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < CREDIT_BYTES || this.#ended) return;
    engine().credit(this.#owner, this.#uncredited);
    this.#uncredited = 0;
  }
}

function close(controller: Pull): void {
  controller.close();
  // A read into the caller's own buffer ends only when it is answered, with nothing.
  controller.byobRequest?.respond(0);
}
