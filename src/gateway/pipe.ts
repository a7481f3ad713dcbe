import { type Passable, pass } from '../native/passing.js';
import { type Destination, isResponse } from './destination.js';
import { sendHead } from './head.js';
import { Passage } from './passage.js';
import type { PipeReport } from './report.js';

/** How {@link pipe} passes a response on. */
export interface PipeOptions {
  /**
   * Whether the upstream's status and end-to-end headers are passed on, too, beside the headers that are set
   * already. Without them, it is a 200 with what is set. Default true.
   */
  readonly head?: boolean;
  /**
   * Milliseconds of silence after which an event stream gets a comment (`: keep-alive`), between two
   * events, so that proxies on the way do not take it for dead. Default none.
   */
  readonly heartbeat?: number;
}

/**
 * Passes an upstream's response on to the client of a gateway, byte for byte, and counts its usage on
 * the way.
 *
 * A chunked response of `node:http` on a plain socket is written by the engine itself: JavaScript sees no
 * event, and the main thread is free for other things. On TLS, HTTP/2, Windows, under middleware that
 * changes what is written, and into any other stream, the same comes by way of JavaScript. `native` in the
 * report says which it was.
 *
 * A client that reads slowly slows down its own upstream and nobody else's; one that goes away stops it
 * at once. Where the upstream breaks off, the client's connection is closed without the end of the response
 * (HTTP/2: reset), so that nobody takes it for complete. Whatever is written to the response meanwhile
 * comes after the body; ending it stops the upstream.
 *
 * The result never rejects: it says how it ended.
 *
 * @param from a response of this package's `fetch`, whose body nobody has read.
 * @param to a response of `node:http`, `node:https` or `node:http2`, or another stream.
 * @throws {TypeError} for anything else, for a body that has been read, and for a destination that was ended.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { fetch, pipe } from 'warmline'
 *
 * createServer(async (request, response) => {
 *   const upstream = await fetch('https://api.openai.com/v1/chat/completions', {
 *     method: 'POST',
 *     headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, 'content-type': 'application/json' },
 *     body: request,
 *     duplex: 'half',
 *   })
 *   const { end, usage } = await pipe(upstream, response)
 *   console.log(end, usage)
 * }).listen(8080)
 * ```
 */
export function pipe(
  from: Response,
  to: Destination,
  { head = true, heartbeat }: PipeOptions = {},
): Promise<PipeReport> {
  if (!isPassable(from)) throw new TypeError("pipe: expected a response of warmline's fetch");
  if (to.writableEnded) throw new TypeError('pipe: the destination has been ended');
  const passage = new Passage(from, to);
  if (isResponse(to)) {
    if (head && !to.headersSent) sendHead(from, to);
    // A client of a stream wants to know that there is one before its first event.
    to.flushHeaders();
  }
  passage.start(heartbeat);
  return passage.report;
}

/** Whether a response is the engine's own, so that its body can be passed on. */
export function isPassable(response: unknown): response is Response & Passable {
  return typeof response === 'object' && response !== null && pass in response;
}
