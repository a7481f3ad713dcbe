import { Readable } from 'node:stream';

import { decoded, type Passable } from '../native/passing.js';
import { type AxiosErrors, tooLarge } from './errors.js';
import type { Config } from './instance.js';

/** A response's headers as `node:http` has them. */
export function headersOf(
  response: Response & Partial<Passable>,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  // As axios has it for what it has undone itself.
  if (response[decoded]) delete headers['content-encoding'];
  return headers;
}

/** A response's body in the form that was asked for. */
export async function dataOf(
  response: Response,
  config: Config,
  errors: AxiosErrors,
  request: object,
): Promise<unknown> {
  const { responseType, responseEncoding, maxContentLength = -1 } = config;
  const limit = maxContentLength > -1 ? maxContentLength : Number.POSITIVE_INFINITY;
  const pieces = limited(response, limit, () => tooLarge(errors, config, request));
  if (responseType === 'stream') return Readable.from(pieces, { objectMode: false });
  const isText = responseType !== 'arraybuffer';
  const isPlain = isText && (responseEncoding === undefined || /^utf-?8$/i.test(responseEncoding));
  if (limit === Number.POSITIVE_INFINITY) {
    // The text of a response begins without a mark of its byte order, as axios has it.
    if (isPlain) return await response.text();
    const bytes = Buffer.from(await response.arrayBuffer());
    return isText ? bytes.toString(responseEncoding) : bytes;
  }
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) chunks.push(piece);
  const bytes = Buffer.concat(chunks);
  if (!isText) return bytes;
  return isPlain ? new TextDecoder().decode(bytes) : bytes.toString(responseEncoding);
}

async function* limited(
  response: Response,
  limit: number,
  error: () => Error,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const piece of response.body ?? []) {
    received += piece.length;
    if (received > limit) throw error();
    yield piece;
  }
}
