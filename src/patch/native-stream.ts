import type { Decodable } from '../native/events.js';
import type { EventStream } from '../sse/event-flow.js';
import { decoded } from '../sse/events.js';
import { isForHelper, type Opened, type SdkDialect } from './sdk.js';

/** An SDK's stream whose response the engine can decode. */
export interface Decoding extends Opened {
  readonly response: Response & Decodable;
}

/** What an SDK's stream is to have for its `iterator`, so that the engine decodes its events; `count` hears of each. */
export function nativeIterator(
  opened: Decoding,
  dialect: SdkDialect,
  count: () => void = () => {},
): () => AsyncIterator<unknown> {
  const { controller } = opened.stream;
  const turns = isForHelper(opened.options) ? dialect.turns : 1;
  let consumed = false;
  return () =>
    new NativeIterator(controller, turns, () => {
      if (consumed) throw dialect.consumed(opened.errors);
      consumed = true;
      const shape = dialect.shape(opened);
      return decoded(opened.response, dialect.wish, {
        shape: (event) => {
          count();
          return shape(event);
        },
        outcome: (reason) => {
          const quiet = dialect.isQuiet(reason, opened);
          if (!opened.complete) controller.abort();
          return quiet ? undefined : { reason };
        },
        over: () => dialect.over?.(opened),
      });
    });
}

/** Begins with the first read, and aborts the request when it is left before its end. */
class NativeIterator implements AsyncIterableIterator<unknown> {
  readonly #controller: AbortController;
  readonly #turns: number;
  readonly #begin: () => EventStream<unknown>;
  #events: EventStream<unknown> | undefined;
  #over = false;

  constructor(controller: AbortController, turns: number, begin: () => EventStream<unknown>) {
    this.#controller = controller;
    this.#turns = turns;
    this.#begin = begin;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    try {
      this.#events ??= this.#begin();
    } catch (error) {
      this.#over = true;
      return Promise.reject(error);
    }
    let next: Promise<IteratorResult<unknown>> = this.#events.next();
    for (let turn = 1; turn < this.#turns; turn++) next = next.then(same);
    return next;
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    await this.#leave();
    return { done: true, value };
  }

  async throw(reason: unknown): Promise<IteratorResult<unknown>> {
    await this.#leave();
    throw reason;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #leave(): Promise<void> {
    this.#over = true;
    // Left before it was begun, or after its end, nothing is aborted: a generator's body does not run then.
    if (this.#events?.over !== false) return;
    this.#controller.abort();
    await this.#events.return();
  }
}

function same<T>(value: T): T {
  return value;
}
