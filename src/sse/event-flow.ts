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

/** What is made of an event that its reader does not see. */
export const SKIP: unique symbol = Symbol('skip');

/** How a stream's events are read. */
export interface Reading<T> {
  /** What the reader sees of an event. What this throws ends the stream. */
  shape(event: DecodedEvent): T | typeof OVER | typeof SKIP;
  /** What the reader is told of a failure, or that nothing is said and the stream just ends. */
  outcome?(reason: unknown): Failure | undefined;
  /** The reader has been told of the end or of a failure, or has left. */
  over?(): void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Events that have arrived and nobody has read, or readers who wait for more. What is read gives the
 * engine credit to read on.
 */
export class EventFlow<T> implements EventSink {
  readonly #reading: Reading<T>;
  #source: EventSource | undefined;
  /** What is being read, and what is to be read after that: mostly there is none of either, or just one. */
  #batch: Batch | undefined;
  #laterBatches: Batch[] = [];
  /** Who waits first, and who waits after that. */
  #waiter: Waiter<T> | undefined;
  #laterWaiters: Waiter<T>[] = [];
  #ended = false;
  #failure: Failure | undefined;
  #over = false;

  constructor(reading: Reading<T>) {
    this.#reading = reading;
  }

  /** The reader knows of the end, or has left. */
  get over(): boolean {
    return this.#over;
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
    const batch = { events, bytes, next: 0 };
    if (this.#batch === undefined) this.#batch = batch;
    else this.#laterBatches.push(batch);
    this.#serve();
  }

  end(): void {
    this.#ended = true;
    this.#serve();
  }

  fail(reason: unknown): void {
    if (this.#ended) return;
    this.#failure ??= { reason };
    this.#ended = true;
    this.#serve();
  }

  stop(reason: unknown): void {
    this.#dropBatches();
    this.fail(reason);
  }

  /** The next event, in the order in which they came. */
  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      if (this.#answer(waiter)) return;
      if (this.#waiter === undefined) this.#waiter = waiter;
      else this.#laterWaiters.push(waiter);
    });
  }

  /** Nobody reads on: the upstream is stopped. */
  leave(): void {
    const { source } = this.#close();
    source?.leave();
  }

  #serve(): void {
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) {
      if (this.#answer(waiter)) continue;
      if (this.#waiter !== undefined) this.#laterWaiters.unshift(this.#waiter);
      this.#waiter = waiter;
      return;
    }
  }

  /** Who has waited the longest; no longer among those who wait. */
  #next(): Waiter<T> | undefined {
    const waiter = this.#waiter;
    this.#waiter = this.#laterWaiters.length === 0 ? undefined : this.#laterWaiters.shift();
    return waiter;
  }

  /** Answers a reader with an event, a failure (told once), or the end; false if there is none of them yet. */
  #answer({ resolve, reject }: Waiter<T>): boolean {
    for (let batch = this.#batch; batch !== undefined; batch = this.#batch) {
      try {
        const value = this.#reading.shape(this.#take(batch));
        if (value === SKIP) continue;
        if (value === OVER) {
          // What follows should be little, and its connection is worth having.
          const { source } = this.#close();
          source?.forgo();
          resolve(DONE);
        } else {
          resolve({ done: false, value });
        }
      } catch (reason) {
        this.leave();
        this.#tell(reason, resolve, reject);
      }
      return true;
    }
    if (!this.#ended) return false;
    const { failure } = this.#close();
    if (failure === undefined) resolve(DONE);
    else this.#tell(failure.reason, resolve, reject);
    return true;
  }

  #tell(reason: unknown, resolve: Waiter<T>['resolve'], reject: Waiter<T>['reject']): void {
    const reading = this.#reading;
    const failure = reading.outcome === undefined ? { reason } : reading.outcome(reason);
    if (failure === undefined) resolve(DONE);
    else reject(failure.reason);
  }

  /** Nothing more is read. The result is a source that has more to give, and a failure that was not told. */
  #close(): { source: EventSource | undefined; failure: Failure | undefined } {
    const source = this.#ended ? undefined : this.#source;
    const failure = this.#failure;
    this.#failure = undefined;
    this.#ended = true;
    this.#dropBatches();
    if (!this.#over) {
      this.#over = true;
      this.#reading.over?.();
    }
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) {
      waiter.resolve(DONE);
    }
    return { source, failure };
  }

  #dropBatches(): void {
    this.#batch = undefined;
    this.#laterBatches = [];
  }

  #take(batch: Batch): DecodedEvent {
    const event = batch.events[batch.next++] as DecodedEvent;
    if (batch.next === batch.events.length) {
      this.#batch = this.#laterBatches.length === 0 ? undefined : this.#laterBatches.shift();
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

  /** The reader knows of the end, or has left. */
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
