import { PassThrough, type Readable } from 'node:stream';
import { promisify } from 'node:util';

import type { BodyInput } from '../fetch/body.js';
import type { AxiosErrors } from './errors.js';
import type { Config } from './instance.js';

/** What is sent. Headers are names in lower case with their values. */
export interface Outgoing {
  readonly headers: Map<string, string | string[]>;
  readonly body: BodyInput;
  /** What a stream has given so far, for a redirect that wants it again. */
  readonly recorded: Recorded | undefined;
}

/** A streamed body, noted as it is sent. */
interface Recorded {
  readonly chunks: Uint8Array[];
  complete: boolean;
}

/** form-data, the package. */
interface FormStream extends Readable {
  getHeaders(): Record<string, string>;
  getLength(callback: (error: Error | null, length: number) => void): void;
}

/**
 * The data of a request, as axios's adapter for Node sends it.
 *
 * @throws AxiosError for data of another kind, and for more than `maxBodyLength`.
 */
export async function outgoing(config: Config, errors: AxiosErrors): Promise<Outgoing> {
  const headers = new Map<string, string | string[]>();
  for (const [name, value] of Object.entries(config.headers.toJSON())) {
    headers.set(name.toLowerCase(), Array.isArray(value) ? value.map(String) : `${value}`);
  }
  const whole = (body: BodyInput): Outgoing => ({ headers, body, recorded: undefined });
  const { data, maxBodyLength = -1 } = config;
  if (data === undefined || data === null || data === '') return whole(null);
  if (data instanceof FormData) {
    // Its boundary comes with it.
    headers.delete('content-type');
    return whole(data);
  }
  if (data instanceof Blob) {
    headers.set('content-type', data.type || 'application/octet-stream');
    return whole(data);
  }
  if (isStream(data)) {
    if (isForm(data)) await describe(data, headers);
    const recorded: Recorded = { chunks: [], complete: false };
    const body = noted(data, recorded, limitOf(config, errors));
    return { headers, body, recorded };
  }
  const bytes = typeof data === 'string' ? Buffer.from(data) : bytesOf(data);
  if (bytes === undefined) {
    const message =
      'Data after transformation must be a string, an ArrayBuffer, a Buffer, or a Stream';
    throw new errors.AxiosError(message, 'ERR_BAD_REQUEST', config);
  }
  if (maxBodyLength > -1 && bytes.length > maxBodyLength) throw tooLong(config, errors);
  return whole(bytes);
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

function isStream(data: unknown): data is Readable {
  return typeof data === 'object' && typeof (data as { pipe?: unknown }).pipe === 'function';
}

function isForm(data: Readable): data is FormStream {
  return typeof (data as Partial<FormStream>).getHeaders === 'function';
}

async function describe(form: FormStream, headers: Outgoing['headers']): Promise<void> {
  for (const [name, value] of Object.entries(form.getHeaders())) {
    headers.set(name.toLowerCase(), value);
  }
  // It does not know the length of every stream that is in it.
  const length = await promisify(form.getLength.bind(form))().catch(() => undefined);
  if (Number.isFinite(length) && !headers.has('content-length')) {
    headers.set('content-length', `${length}`);
  }
}

/** Bytes that may still come; throws past `maxBodyLength`. */
function limitOf(config: Config, errors: AxiosErrors): (sent: number) => void {
  const { maxBodyLength = -1 } = config;
  return (sent) => {
    if (maxBodyLength > -1 && sent > maxBodyLength) throw tooLong(config, errors);
  };
}

function tooLong(config: Config, { AxiosError }: AxiosErrors): Error {
  return new AxiosError('Request body larger than maxBodyLength limit', 'ERR_BAD_REQUEST', config);
}

async function* noted(
  data: Readable,
  recorded: Recorded,
  check: (sent: number) => void,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of iterable(data)) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    sent += bytes.length;
    check(sent);
    recorded.chunks.push(bytes);
    yield bytes;
  }
  recorded.complete = true;
}

/** Streams of the older kind can only be piped. */
function iterable(data: Readable): AsyncIterable<unknown> {
  if (Symbol.asyncIterator in data) return data;
  const through = new PassThrough();
  (data as Readable).on('error', (error) => through.destroy(error));
  return (data as Readable).pipe(through);
}
