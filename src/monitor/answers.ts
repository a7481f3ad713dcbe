/** The kinds of responses that a monitor gives. */

/** Nothing of a monitor is to be kept by anybody, or taken for what it is not. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** A value as JSON. */
export function json(value: unknown, status = 200): Response {
  return text(`${JSON.stringify(value)}\n`, 'application/json; charset=utf-8', status);
}

/** Text or bytes of a type. */
export function text(
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, { status, headers: { ...HEADERS, 'content-type': type, ...headers } });
}

/** A refusal, as `application/problem+json` (RFC 9457). */
export function refusal(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = `${JSON.stringify({ status, title })}\n`;
  return text(body, 'application/problem+json', status, headers);
}
