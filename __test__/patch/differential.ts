/** What a patched client and one that is not make of the same streams, in a form that can be compared. */

import { patch } from 'warmline';
import { type HttpServer, httpServer } from '../servers/http.js';

export type Body = string | Buffer;

/** All that a caller sees of a stream. */
export interface Outcome {
  readonly events: unknown[];
  readonly error: object | undefined;
}

/** What an error is, as far as a caller can tell. */
export function described(error: unknown): object {
  const { name, message, ...fields } = error as Error & Record<string, unknown>;
  const headers = fields['headers'] as Headers | Record<string, string> | undefined;
  const kind = (error as object).constructor.name;
  return { class: kind, name, message, ...fields, headers: typeOf(headers) };
}

/** The content type, and whether it was asked for as of real headers. */
function typeOf(headers: Headers | Record<string, string> | undefined): unknown {
  if (headers instanceof Headers) return { real: headers.get('content-type') };
  return headers?.['Content-Type'];
}

/** Reads what `open` opens to its end. */
export async function read(open: () => PromiseLike<AsyncIterable<unknown>>): Promise<Outcome> {
  const events: unknown[] = [];
  try {
    for await (const event of await open()) events.push(event);
  } catch (error) {
    return { events, error: described(error) };
  }
  return { events, error: undefined };
}

/** Turns of the microtask queue between each two events of a stream that is there as a whole. */
export async function turns(stream: AsyncIterable<unknown>): Promise<number[]> {
  const times: number[] = [];
  let turn = 0;
  // Counting holds the event loop up, and the end of the stream may need it.
  const count = () => {
    turn += 1;
    if (turn < 1000) queueMicrotask(count);
  };
  for await (const _ of stream) {
    if (times.length === 0) count();
    times.push(turn);
  }
  return times.slice(1).map((time, i) => time - (times[i] as number));
}

/** Where a body is cut in two: here and there, inside characters, and after carriage returns. */
export function cutsOf(bytes: Buffer): number[] {
  const eighths = Array.from({ length: 9 }, (_, i) => Math.floor((bytes.length * i) / 8));
  const cuts = new Set([...eighths, 1, 9, bytes.length - 1]);
  for (const [at, byte] of bytes.entries()) {
    if ((byte >= 0xc0 || byte === 0x0d) && cuts.size < 24) cuts.add(at + 1);
  }
  return [...cuts].filter((cut) => cut >= 0 && cut <= bytes.length).sort((a, b) => a - b);
}

/** Serves a body in two pieces; the path says where it is cut. A piece goes out once the one before it has left. */
export function cutServer(bytes: Buffer): Promise<HttpServer> {
  return httpServer((request, response) => {
    const cut = Number(request.url?.slice(1));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(bytes.subarray(0, cut), () => {
      setImmediate(() => response.end(bytes.subarray(cut)));
    });
  });
}

/** A log that can be compared. */
export function logger(): { readonly lines: unknown[][]; readonly options: object } {
  const lines: unknown[][] = [];
  const silent = () => {};
  const error = (...line: unknown[]) => lines.push(line);
  return { lines, options: { logger: { error, warn: silent, info: silent, debug: silent } } };
}

/** A client as it is, and a patched one. */
export function twins<T extends object>(make: () => T): [plain: T, patched: T] {
  return [make(), patch(make())];
}
