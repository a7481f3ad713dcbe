/**
 * Events that the engine decodes: how their values cross, and what stands between a response and
 * whoever reads it as events.
 */

import { type ErrorFacts, WarmlineError } from './error.js';
import { binding } from './load.js';
import { EventFlag } from './wire.js';

/** One event of a body. */
export interface DecodedEvent {
  /** `undefined` where the stream gave none. */
  readonly name: string | undefined;
  readonly data: string;
  /** The last event id; empty for none. */
  readonly id: string;
  readonly retry: number | undefined;
}

/** Who is told of a body's events. */
export interface EventSink {
  /** `bytes` of the body went into them: what the reader gives credit for when it has read them. */
  events(events: DecodedEvent[], bytes: number): void;
  end(): void;
  /** The body breaks off here; what came before is still there to be read. */
  fail(reason: unknown): void;
  /** Nobody may read on. */
  stop(reason: unknown): void;
}

/** What a reader of events can do to the body they come from. */
export interface EventSource {
  /** So many bytes of it have been read. */
  credit(bytes: number): void;
  /** Nobody wants the rest. */
  leave(): void;
}

/** The method by which a response hands its body over as events. */
export const decode: unique symbol = Symbol('warmline.decode');

/** A response whose body can be had as events, once. */
export interface Decodable {
  /**
   * `reader` is what the caller holds: once it has been collected, the upstream is stopped.
   *
   * @throws {TypeError} if the body has been read already.
   */
  [decode](sink: EventSink, reader: object): EventSource;
}

/** Values of events in the order in which they crossed, taken as their records are read. */
export class EventValues {
  readonly #values: readonly unknown[];
  #next = 0;

  /** `json` is an array's text; empty if there are no values. */
  constructor(json: string) {
    this.#values = json === '' ? [] : (JSON.parse(json) as unknown[]);
  }

  /** The events of one record; `words[at]` is the word of the first. */
  take(words: Uint32Array, at: number, count: number): DecodedEvent[] {
    const events: DecodedEvent[] = [];
    for (let i = 0; i < count; i++) {
      const word = words[at + i] as number;
      const name = this.#value(word & EventFlag.named);
      const data = this.#value(1);
      const id = this.#value(word & EventFlag.identified);
      const retry = this.#value(word & EventFlag.retry);
      events.push({
        name: name as string | undefined,
        data: data as string,
        id: (id as string | undefined) ?? '',
        retry: retry as number | undefined,
      });
    }
    return events;
  }

  #value(present: number): unknown {
    return present === 0 ? undefined : this.#values[this.#next++];
  }
}

/** Decodes a body whose bytes are in JavaScript: it came whole, or is a clone's. */
export class BodyDecoder {
  readonly #native;

  constructor() {
    const { BodyDecoder: Native } = binding();
    this.#native = new Native();
  }

  /**
   * The events of a piece of the body.
   *
   * @throws {WarmlineError} for an event that is too large; those before it go to `sink` first.
   */
  feed(bytes: Uint8Array, sink: (events: DecodedEvent[]) => void): void {
    const { json, words, failure } = this.#native.feed(bytes);
    sink(list(json, words));
    if (failure !== undefined) throw new WarmlineError(JSON.parse(failure) as ErrorFacts);
  }
}

function list(json: string, words: Uint32Array): DecodedEvent[] {
  return new EventValues(json).take(words, 0, words.length);
}
