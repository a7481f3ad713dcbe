import { atOnce } from '../fetch/at-once.js';
import { extract } from '../fetch/body.js';
import { StreamedBody, type Submission } from '../native/link.js';

/** A body, ready to be sent. */
export interface Outgoing {
  readonly body: Submission['body'];
  /** Where a streamed one comes from. */
  readonly source: Blob | ReadableStream<Uint8Array> | null;
  /** The content type that goes with it, where it has one of its own. */
  readonly type: string | null;
}

/**
 * A body of one of the kinds that undici takes. What is at hand comes at once; what has to be read may be
 * complete within a turn of the event loop, as a string is that `fetch` hands over as a generator, and is sent
 * whole then.
 *
 * @throws {TypeError} for any other.
 */
export function outgoing(body: unknown): Outgoing | Promise<Outgoing> {
  if (body === null || body === undefined) return { body: null, source: null, type: null };
  if (isForm(body)) return extracted(copyOf(body));
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return { body: body.length === 0 ? null : body, source: null, type: null };
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body) || body instanceof Blob) {
    return extracted(body);
  }
  if (Symbol.asyncIterator in Object(body) || Symbol.iterator in Object(body)) {
    return wholeIfComplete(ReadableStream.from(bytesIn(body as AsyncIterable<unknown>)));
  }
  throw new TypeError(
    'body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable',
  );
}

function extracted(body: FormData | Blob | ArrayBuffer | ArrayBufferView): Outgoing {
  const { bytes, source, type } = extract(body);
  if (!(source instanceof Blob)) return { body: bytes, source: null, type };
  return { body: new StreamedBody(source.size, true), source, type };
}

async function wholeIfComplete(source: ReadableStream<Uint8Array>): Promise<Outgoing> {
  const [head, rest] = await atOnce(source);
  if (rest === null) return { body: head, source: null, type: null };
  return { body: new StreamedBody(), source: rest, type: null };
}

/** undici's form is not always the global one. */
function isForm(body: unknown): body is Iterable<[string, string | Blob]> {
  return (
    typeof body === 'object' &&
    (body as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'FormData'
  );
}

function copyOf(form: Iterable<[string, string | Blob]>): FormData {
  const copy = new FormData();
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value);
    else copy.append(name, value);
  }
  return copy;
}

async function* bytesIn(body: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (typeof chunk === 'string') yield Buffer.from(chunk);
    else if (chunk instanceof Uint8Array) yield chunk;
    else if (ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer) {
      yield ArrayBuffer.isView(chunk)
        ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : new Uint8Array(chunk);
    } else throw new TypeError('a body is made of strings and bytes');
  }
}
