import { type Decodable, type DecodedEvent, decode } from '../native/events.js';
import { Wish } from '../native/wire.js';
import { EventFlow, EventStream, type Reading } from './event-flow.js';

/** One event of a `text/event-stream` (HTML, "Server-sent events"). */
export interface ServerSentEvent {
  /** The event's type; `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last event id that the stream gave; empty for none. */
  readonly id: string;
  /** The reconnection time in milliseconds, on the first event after the stream gave it. */
  readonly retry?: number;
}

/**
 * Reads a response as server-sent events, which the engine parses.
 *
 * Nothing waits for a batch: an event is there as soon as it has arrived. Leaving the loop stops
 * the upstream, and so does collecting an iterator that nobody reads. A slow reader slows the server
 * down, and nobody else.
 *
 * @param response a response of this package's `fetch`, or a clone of one, whose body nobody has read.
 * @throws {TypeError} for any other.
 *
 * Iterating throws `TypeError: terminated` where the connection breaks, with a {@link WarmlineError} as
 * its cause, and the signal's reason once it is aborted.
 *
 * @example
 * ```ts
 * import { events, fetch } from 'warmline'
 *
 * const response = await fetch('https://api.example.com/v1/stream')
 * for await (const { event, data } of events(response)) console.log(event, data)
 * ```
 */
export function events(response: Response): AsyncIterableIterator<ServerSentEvent> {
  if (!isDecodable(response)) {
    throw new TypeError("events: expected a response of warmline's fetch");
  }
  return decoded(response, Wish.events, { shape: toServerSentEvent });
}

/** A response's events, in one reading of them. */
export function decoded<T>(response: Decodable, wish: number, reading: Reading<T>): EventStream<T> {
  const flow = new EventFlow(reading);
  const stream = new EventStream(flow);
  flow.connect(response[decode](wish, flow, stream));
  return stream;
}

/** Whether a response is the engine's own, so that the engine can decode it. */
export function isDecodable(response: unknown): response is Decodable {
  return typeof response === 'object' && response !== null && decode in response;
}

function toServerSentEvent({ name, data, id, retry }: DecodedEvent): ServerSentEvent {
  const event = { event: name ?? 'message', data: data as string, id };
  return retry === undefined ? event : { ...event, retry };
}
