import { engine, type Receiver } from '../native/link.js';
import type { ByteSink, ByteSource, RelayOrder, RelayReport } from '../native/passing.js';
import { concat } from './bytes.js';

/** The exchange whose response it is. */
interface Owner extends Receiver {
  leave(): void;
}

/** What the inflow knows of its body. */
interface Flow {
  /** What came and was not read. */
  readonly queue: Uint8Array<ArrayBuffer>[];
  /** Bytes that have arrived so far. */
  received(): number;
  credit(bytes: number): void;
}

/** A body that is still coming in, on its way through: held, flowing to its sink, or left to the engine. */
export class Passing implements ByteSource {
  readonly #owner: Owner;
  readonly #sink: ByteSink;
  readonly #flow: Flow;
  #queue: Uint8Array<ArrayBuffer>[];
  #flowing = false;
  #order: RelayOrder | undefined;
  #halted = false;
  /** How it ended, once all of it has come. */
  #last: (() => void) | undefined;

  constructor(owner: Owner, sink: ByteSink, flow: Flow) {
    this.#owner = owner;
    this.#sink = sink;
    this.#flow = flow;
    this.#queue = flow.queue;
  }

  /** The engine passes it on by itself, or has been asked to. */
  get isRelayed(): boolean {
    return this.#order !== undefined;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#flowing) {
      this.#sink.chunk(bytes);
      return;
    }
    this.#queue.push(bytes);
    // It was on its way when the engine was asked.
    if (this.#order !== undefined) this.#ask(this.#order);
  }

  end(): void {
    this.#over(() => this.#sink.end());
  }

  fail(reason: unknown): void {
    this.#over(() => this.#sink.fail(reason));
  }

  stop(reason: unknown): void {
    this.#queue = [];
    this.#sink.stop(reason);
  }

  relayed(report: RelayReport): void {
    this.#order = undefined;
    this.#sink.relayed(report);
  }

  flow(): void {
    const queue = this.#queue;
    this.#queue = [];
    this.#flowing = true;
    for (const chunk of queue) this.#sink.chunk(chunk);
    this.#last?.();
  }

  relay(order: RelayOrder): void {
    if (this.#last !== undefined) {
      this.#sink.declined();
      this.flow();
      return;
    }
    this.#order = order;
    this.#ask(order);
  }

  halt(now: boolean): void {
    this.#halted = true;
    engine().halt(this.#owner, now);
  }

  credit(bytes: number): void {
    this.#flow.credit(bytes);
  }

  leave(): void {
    this.#owner.leave();
  }

  #ask({ socket, wish, heartbeat }: RelayOrder): void {
    if (this.#halted) {
      // The engine had not begun.
      this.leave();
      this.relayed({ end: 'halted', bytes: 0 });
      return;
    }
    const unread = concat(this.#queue);
    engine().relay(this.#owner, socket, wish, heartbeat, this.#flow.received(), unread);
  }

  #over(last: () => void): void {
    this.#last = last;
    if (this.#flowing) {
      last();
    } else if (this.#order !== undefined) {
      // The body had ended before the engine was asked.
      this.#order = undefined;
      this.#sink.declined();
      this.flow();
    }
  }
}

/** A body that is at hand. */
export class WholePassing implements ByteSource {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #sink: ByteSink;

  constructor(bytes: Uint8Array<ArrayBuffer>, sink: ByteSink) {
    this.#bytes = bytes;
    this.#sink = sink;
  }

  flow(): void {
    if (this.#bytes.length > 0) this.#sink.chunk(this.#bytes);
    this.#sink.end();
  }

  relay(): void {
    this.#sink.declined();
    this.flow();
  }

  halt(): void {}
  credit(): void {}
  leave(): void {}
}

/** A body whose bytes are read in JavaScript: one half of a clone. */
export class StreamPassing implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #sink: ByteSink;
  #unread = 0;
  #resume: (() => void) | undefined;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, sink: ByteSink) {
    this.#reader = stream.getReader();
    this.#sink = sink;
  }

  flow(): void {
    this.#run().then(
      () => this.#sink.end(),
      (reason: unknown) => this.#sink.fail(reason),
    );
  }

  relay(): void {
    this.#sink.declined();
    this.flow();
  }

  halt(): void {}

  credit(bytes: number): void {
    this.#unread -= bytes;
    this.#resume?.();
  }

  leave(): void {
    // A stream that has failed says so to whoever reads it.
    this.#reader.cancel().catch(() => {});
  }

  async #run(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      this.#unread += value.length;
      this.#sink.chunk(value);
      // Reads on once everything so far has been passed on.
      while (this.#unread > 0) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      }
    }
  }
}
