/** The kinds of answers that a monitor gives. */

/** What a monitor says, whoever brings it to the one who asked. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

/** Nothing of a monitor is to be kept by anybody, or taken for what it is not. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** A value as JSON. */
export function json(value: unknown, status = 200): Answer {
  return text(`${JSON.stringify(value)}\n`, 'application/json; charset=utf-8', status);
}

/** Text, its bytes, or a stream of them, of a type. */
export function text(
  body: Answer['body'],
  type: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body, headers: { ...HEADERS, 'content-type': type, ...headers } };
}

/** A refusal, as `application/problem+json` (RFC 9457). */
export function refusal(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = `${JSON.stringify({ status, title })}\n`;
  return text(body, 'application/problem+json', status, headers);
}
