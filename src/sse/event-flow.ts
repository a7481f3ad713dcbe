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

/** Why reading ends early. */
export interface Failure {
  readonly reason: unknown;
}

/** What is made of an event that ends the stream for its reader, whatever follows. */
export const OVER: unique symbol = Symbol('over');

const DONE = { done: true, value: undefined } as const;

/**
 * Events that have arrived and nobody has read, or readers who wait for more. What is read gives the
 * engine credit to read on.
 */
export class EventFlow<T> implements EventSink {
  readonly #shape: (event: DecodedEvent) => T | typeof OVER;
  readonly #outcome: (reason: unknown) => Failure | undefined;
  #source: EventSource | undefined;
  #batches: Batch[] = [];
  #waiters: Waiter<T>[] = [];
  #ended = false;
  #failure: Failure | undefined;

  /**
   * `shape` makes of an event what its reader sees; what it throws ends the stream. `outcome` says what
   * the reader is told of a failure, or that nothing is said and the stream just ends.
   */
  constructor(
    shape: (event: DecodedEvent) => T | typeof OVER,
    outcome: (reason: unknown) => Failure | undefined = (reason) => ({ reason }),
  ) {
    this.#shape = shape;
    this.#outcome = outcome;
  }

  /** Nothing more will be read: it has ended, failed or been left. */
  get over(): boolean {
    return this.#ended && this.#batches.length === 0;
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
      this.#answer(this.#waiters.shift() as Waiter<T>);
    }
  }

  end(): void {
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
  }

  fail(reason: unknown): void {
    if (this.#ended) return;
    this.#failure ??= { reason };
    for (const waiter of this.#waiters.splice(0)) this.#answer(waiter);
  }

  stop(reason: unknown): void {
    this.#batches = [];
    this.fail(reason);
  }

  /** The next event, in the order in which they came. */
  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const idle = this.#batches.length === 0 && this.#failure === undefined && !this.#ended;
      if (idle) this.#waiters.push({ resolve, reject });
      else this.#answer({ resolve, reject });
    });
  }

  /** Nobody reads on: the upstream is stopped. */
  leave(): void {
    const over = this.#ended || this.#failure !== undefined;
    this.#batches = [];
    this.#failure = undefined;
    this.end();
    if (!over) this.#source?.leave();
  }

  /** Answers a reader with what is there: an event, a failure (told once), or the end. */
  #answer({ resolve, reject }: Waiter<T>): void {
    if (this.#batches.length > 0) {
      try {
        const value = this.#shape(this.#take());
        if (value !== OVER) {
          resolve({ done: false, value });
          return;
        }
        this.leave();
      } catch (reason) {
        this.leave();
        this.#tell(reason, resolve, reject);
        return;
      }
    } else if (this.#failure !== undefined) {
      const { reason } = this.#failure;
      this.#failure = undefined;
      this.#ended = true;
      this.#tell(reason, resolve, reject);
      return;
    }
    resolve(DONE);
  }

  #tell(reason: unknown, resolve: Waiter<T>['resolve'], reject: Waiter<T>['reject']): void {
    const failure = this.#outcome(reason);
    if (failure === undefined) resolve(DONE);
    else reject(failure.reason);
  }

  #take(): DecodedEvent {
    const batch = this.#batches[0] as Batch;
    const event = batch.events[batch.next++] as DecodedEvent;
    if (batch.next === batch.events.length) {
      this.#batches.shift();
      this.#source?.credit(batch.bytes);
    }
    return event;
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

  /** Nothing more will be read. */
  get over(): boolean {
    return this.#flow.over;
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
