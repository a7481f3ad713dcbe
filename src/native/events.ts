/**
 * Events that the engine decodes: how their values cross, and what stands between a response and
 * whoever reads it as events.
 */

import { type ErrorFacts, WarmlineError } from './error.js';
import { type Binding, binding } from './load.js';
import { type Described, Pattern } from './pattern.js';
import { EVENT_WORDS, EventFlag } from './wire.js';

/** What the native decoder gives. */
type Decoded = ReturnType<InstanceType<Binding['BodyDecoder']>['feed']>;

/** One event of a body. */
export interface DecodedEvent {
  /** `undefined` where the stream gave none. */
  readonly name: string | undefined;
  /** An object, where those are wanted parsed and it is one; else its text. */
  readonly data: unknown;
  /** Whether `data` is text. */
  readonly isText: boolean;
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
  /** Nobody wants the rest: the upstream is stopped. */
  leave(): void;
  /** Nobody wants the rest, which should be short: the engine reads it, so that its connection can serve again. */
  forgo(): void;
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
  [decode](wish: number, sink: EventSink, reader: object): EventSource;
}

/** What a body's events have in common, if anything: told once, and again where it changes. */
export interface Likeness {
  pattern: Pattern | undefined;
}

/** Where the events of one record are. */
export interface EventRecord {
  readonly words: Uint32Array;
  /** The index of the first event's first word. */
  readonly at: number;
  readonly count: number;
  /** Raw data, which begins at `rawAt`. */
  readonly raw: Buffer;
  readonly rawAt: number;
}

/** Values of events in the order in which they crossed, taken as their records are read. */
export class EventValues {
  readonly #json: string;
  /** `undefined` where one of them is no JSON: then each event's are parsed on their own. */
  readonly #values: unknown[] | undefined;
  /** The next value, or the next character. */
  #at = 0;

  /** `json` is an array's text; empty if there are no values. */
  constructor(json: string) {
    this.#json = json;
    this.#values = json === '' ? [] : parsed(json);
  }

  /** The events of one record. */
  take({ words, at, count, raw, rawAt }: EventRecord, likeness: Likeness): DecodedEvent[] {
    const events: DecodedEvent[] = [];
    let rawFrom = rawAt;
    for (let i = at; i < at + EVENT_WORDS * count; i += EVENT_WORDS) {
      const word = words[i] as number;
      const rawTo = rawFrom + (word >>> EventFlag.lengthShift);
      const text =
        (word & EventFlag.data) === EventFlag.raw ? raw.toString('latin1', rawFrom, rawTo) : '';
      rawFrom = rawTo;
      events.push(
        this.#values === undefined
          ? this.#alone(word, words[i + 1] as number, text, likeness)
          : this.#next(word, this.#values, text, likeness),
      );
    }
    return events;
  }

  #next(word: number, values: unknown[], text: string, likeness: Likeness): DecodedEvent {
    const kind = word & EventFlag.data;
    if (kind === EventFlag.pattern) {
      likeness.pattern = new Pattern(values[this.#at++] as Described);
    }
    const isLike = kind === EventFlag.pattern || kind === EventFlag.like;
    const pattern = isLike ? likeness.pattern : undefined;
    let name: string | undefined;
    let data: unknown;
    if (pattern !== undefined) {
      name = pattern.name;
      data = pattern.object(values, this.#at);
      this.#at += pattern.holes;
    } else {
      if ((word & EventFlag.named) !== 0) name = values[this.#at++] as string;
      data = kind === EventFlag.raw ? text : values[this.#at++];
    }
    const isText = kind === EventFlag.raw || kind === EventFlag.text;
    const id = (word & EventFlag.identified) === 0 ? '' : (values[this.#at++] as string);
    const retry = (word & EventFlag.retry) === 0 ? undefined : (values[this.#at++] as number);
    return { name, data, isText, id, retry };
  }

  /** An event on its own, so that one which is no JSON harms no other: it is handed over as text. */
  #alone(word: number, length: number, text: string, likeness: Likeness): DecodedEvent {
    const start = this.#at + 1;
    this.#at += length;
    const piece = this.#json.slice(start, this.#at);
    const values = parsed(`[${piece}]`);
    if (values !== undefined) return new EventValues('').#next(word, values, text, likeness);
    // Only an object's text can fail, and nothing follows it.
    const quoted = (word & EventFlag.named) === 0 ? undefined : firstString.exec(piece)?.[0];
    const data = quoted === undefined ? piece : piece.slice(quoted.length + 1);
    const name = quoted === undefined ? undefined : (JSON.parse(quoted) as string);
    return { name, data, isText: true, id: '', retry: undefined };
  }
}

const firstString = /^"(?:[^"\\]|\\.)*"/;

function parsed(json: string): unknown[] | undefined {
  try {
    return JSON.parse(json) as unknown[];
  } catch {
    return undefined;
  }
}

/** Decodes a body whose bytes are in JavaScript: it came whole, or is a clone's. */
export class BodyDecoder {
  readonly #native;
  readonly #likeness: Likeness = { pattern: undefined };

  constructor(wish: number) {
    const { BodyDecoder: Native } = binding();
    this.#native = new Native(wish);
  }

  /**
   * The events of a piece of the body.
   *
   * @throws {WarmlineError} for an event that is too large; those before it go to `sink` first.
   */
  feed(bytes: Uint8Array, sink: (events: DecodedEvent[]) => void): void {
    this.#pass(this.#native.feed(bytes), sink);
  }

  /**
   * The body is complete.
   *
   * @throws {WarmlineError} where it is not, as {@link feed}.
   */
  finish(sink: (events: DecodedEvent[]) => void): void {
    this.#pass(this.#native.finish(), sink);
  }

  #pass({ json, words, raw, failure }: Decoded, sink: (events: DecodedEvent[]) => void): void {
    const record = { words, at: 0, count: words.length / EVENT_WORDS, raw, rawAt: 0 };
    sink(new EventValues(json).take(record, this.#likeness));
    if (failure !== undefined) throw new WarmlineError(JSON.parse(failure) as ErrorFacts);
  }
}
