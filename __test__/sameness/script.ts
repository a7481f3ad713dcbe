/** What a server says, as data: a script has an answer for each request, and an answer has steps. */

/** The head of a response. */
export interface Head {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Default `1.1`. */
  readonly version?: '1.0' | '1.1';
}

/** One thing that a server does. */
export type Step =
  | { readonly head: Head }
  /** Text goes out as UTF-8. */
  | { readonly bytes: string | Uint8Array }
  /** Wait until the client has shown that it has so many values. */
  | { readonly until: number }
  /** Wait until the client has gone, and count that. */
  | 'stall'
  /** Wait for as long as {@link PATIENCE}, which has begun before. */
  | 'dawdle'
  | { readonly cut: 'rst' | 'fin' };

/** What is said to one request. The connection then waits for the next. */
export type Answer = readonly Step[];

/** Answers to the requests in the order in which they come; the last one serves all that follow. */
export type Script = readonly Answer[];

/** The time-out of clients that are to run into one, in milliseconds: they must have sent their request by then. */
export const PATIENCE = 1000;

/** A part of a body that is sent at once, and how many values a client makes of it when it comes. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly values: number;
}

/** A body, as a provider writes it piece by piece. */
export interface Body {
  readonly type: string;
  /** Its content coding. */
  readonly coding?: string;
  readonly pieces: readonly Piece[];
}

/** A piece of which a client makes one value, or `values`. */
export function piece(text: string | Uint8Array, values = 1): Piece {
  return { bytes: typeof text === 'string' ? Buffer.from(text) : text, values };
}

/** A body that is an event stream. */
export function stream(...pieces: readonly Piece[]): Body {
  return { type: 'text/event-stream; charset=utf-8', pieces };
}

/** A body that is JSON, sent as a whole. */
export function json(value: unknown): Body {
  return { type: 'application/json', pieces: [piece(JSON.stringify(value), 0)] };
}

/** All bytes of a body. */
export function bytesOf({ pieces }: Body): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

/** Headers that every response here has, so that clients have something to report. */
export function headOf({ type, coding }: Body, ...more: [name: string, value: string][]): Head {
  const coded: typeof more = coding === undefined ? [] : [['Content-Encoding', coding]];
  return { status: 200, headers: [['Content-Type', type], ...coded, ...usual(), ...more] };
}

/** What providers add to every response. */
export function usual(): [name: string, value: string][] {
  return [
    ['Date', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ['x-request-id', 'req_1'],
    ['request-id', 'req_2'],
    ['openai-processing-ms', '17'],
  ];
}

/** One chunk of a chunked body. */
export function chunk(bytes: Uint8Array): Buffer {
  const size = `${bytes.length.toString(16)}\r\n`;
  return Buffer.concat([Buffer.from(size), bytes, Buffer.from('\r\n')]);
}

/** What ends a chunked body. */
export const LAST_CHUNK = '0\r\n\r\n';

export const CHUNKED: [name: string, value: string] = ['Transfer-Encoding', 'chunked'];

/** The header of a body with a known length. */
export function lengthOf(bytes: Uint8Array): [name: string, value: string] {
  return ['Content-Length', String(bytes.length)];
}

/** A body as most servers send it: chunked, each piece in a chunk of its own. */
export function answerOf(body: Body): Answer {
  const chunks = body.pieces.map(({ bytes }) => ({ bytes: chunk(bytes) }));
  return [{ head: headOf(body, CHUNKED) }, ...chunks, { bytes: LAST_CHUNK }];
}
