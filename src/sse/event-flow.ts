import type { DecodedEvent, EventSink, EventSource } from '../native/events.js';

type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: unknown) => void;
};

/** Events that came in one record, and what credit they are worth once all of them are read. */
interface Batch {
  readonly events: DecodedEvent[];
  readonly bytes: number;
  next: number;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Events that have arrived and nobody has read, or readers who wait for more. What is read gives the
 * engine credit to read on.
 */
export class EventFlow<T> implements EventSink {
  readonly #shape: (event: DecodedEvent) => T;
  #source: EventSource | undefined;
  #batches: Batch[] = [];
  #waiters: Waiter<T>[] = [];
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;

  /** `shape` makes of an event what its reader sees; what it throws is the reader's. */
  constructor(shape: (event: DecodedEvent) => T) {
    this.#shape = shape;
  }

  /** Where the events come from. */
  connect(source: EventSource): void {
    this.#source = source;
  }

  events(events: DecodedEvent[], bytes: number): void {
    if (events.length === 0) {
      this.#source?.credit(bytes);
      return;
    }
    this.#batches.push({ events, bytes, next: 0 });
    while (this.#waiters.length > 0 && this.#batches.length > 0) {
      const waiter = this.#waiters.shift() as Waiter<T>;
      try {
        waiter.resolve({ done: false, value: this.#take() });
      } catch (reason) {
        waiter.reject(reason);
      }
    }
  }

  end(): void {
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
  }

  fail(reason: unknown): void {
    if (this.#ended) return;
    this.#failure ??= { reason };
    const [first, ...others] = this.#waiters.splice(0);
    if (first === undefined) return;
    this.#failure = undefined;
    this.#ended = true;
    first.reject(reason);
    for (const waiter of others) waiter.resolve(DONE);
  }

  stop(reason: unknown): void {
    this.#batches = [];
    this.fail(reason);
  }

  /** The next event, in the order in which they came. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#batches.length > 0) {
      try {
        return Promise.resolve({ done: false, value: this.#take() });
      } catch (reason) {
        return Promise.reject(reason);
      }
    }
    if (this.#failure !== undefined) {
      // Told once; after that the stream is over.
      const { reason } = this.#failure;
      this.#failure = undefined;
      this.#ended = true;
      return Promise.reject(reason);
    }
    if (this.#ended) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Nobody reads on: the upstream is stopped. */
  leave(): void {
    const over = this.#ended || this.#failure !== undefined;
    this.#batches = [];
    this.#failure = undefined;
    this.end();
    if (!over) this.#source?.leave();
  }

  #take(): T {
    const batch = this.#batches[0] as Batch;
    const event = batch.events[batch.next++] as DecodedEvent;
    if (batch.next === batch.events.length) {
      this.#batches.shift();
      this.#source?.credit(batch.bytes);
    }
    return this.#shape(event);
  }
}

/**
 * What a caller iterates. The flow knows nothing of it, so that one which is forgotten can be collected,
 * and the upstream stopped.
 */
export class EventStream<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #flow: EventFlow<T>;

  constructor(flow: EventFlow<T>) {
    this.#flow = flow;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#flow.next();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#flow.leave();
    return Promise.resolve(DONE);
  }

  throw(reason: unknown): Promise<IteratorResult<T, undefined>> {
    this.#flow.leave();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
