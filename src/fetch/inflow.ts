import { engine, type Receiver } from '../native/link.js';
import { concat } from './bytes.js';

/** Credit is given back in pieces of at least this many bytes; well below the engine's window. */
const CREDIT_BYTES = 64 * 1024;

type Pull = ReadableByteStreamController;

/**
 * A response's body as it flows in: bytes that have arrived and nobody has read, and whoever waits
 * for more. Reading gives the engine credit to read on; leaving stops the upstream.
 */
export class Inflow {
  readonly #owner: Receiver;
  readonly #leave: () => void;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  /** A stream's read that waits for bytes. Held only so long, so that a forgotten stream can be collected. */
  #reader: Pull | undefined;
  #collector: ((failed: boolean) => void) | undefined;
  #uncredited = 0;
  /** Somebody has read from it, or has cancelled it. */
  disturbed = false;

  /** `leave` stops the exchange, whose slot is `owner`'s. */
  constructor(owner: Receiver, leave: () => void) {
    this.#owner = owner;
    this.#leave = leave;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
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

  end(): void {
    this.#ended = true;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) close(reader);
    this.#collector?.(false);
  }

  /** The body breaks off here; what came before is still there to be read. */
  fail(reason: unknown): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = { reason };
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.error(reason);
    this.#collector?.(true);
  }

  /** Nobody may read on: what came and was not read is dropped. */
  stop(reason: unknown): void {
    this.#queue = [];
    this.fail(reason);
  }

  /** A byte stream over what is left. It reads only when it is read. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        type: 'bytes',
        pull: (controller: Pull) => this.#pull(controller),
        cancel: () => {
          this.disturbed = true;
          this.#leave();
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

  #pull(controller: Pull): void {
    this.disturbed = true;
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#credit(chunk.length);
      controller.enqueue(chunk);
    } else if (this.#failure !== undefined) {
      controller.error(this.#failure.reason);
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
