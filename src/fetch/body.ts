import { randomUUID } from 'node:crypto';

/** What `fetch` takes as a body, an async iterable included (Node's own extension). */
export type BodyInput =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | null
  | undefined;

/** A body, ready to be sent: bytes at hand, or a source of them. */
export interface Extracted {
  readonly bytes: string | Uint8Array | null;
  readonly source: Blob | ReadableStream<Uint8Array> | null;
  /** The content type that goes with it, where it has one of its own. */
  readonly type: string | null;
}

const NO_BODY: Extracted = { bytes: null, source: null, type: null };

/** Fetch, "extract a body". */
export function extract(body: BodyInput): Extracted {
  if (body === null || body === undefined) return NO_BODY;
  if (typeof body === 'string') return atHand(body, 'text/plain;charset=UTF-8');
  if (body instanceof URLSearchParams) {
    return atHand(body.toString(), 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  if (ArrayBuffer.isView(body)) {
    return atHand(new Uint8Array(body.buffer, body.byteOffset, body.byteLength), null);
  }
  if (body instanceof ArrayBuffer) {
    return atHand(new Uint8Array(body), null);
  }
  if (body instanceof Blob)
    return { bytes: null, source: body, type: body.type === '' ? null : body.type };
  if (body instanceof FormData) return multipart(body);
  if (body instanceof ReadableStream) {
    if (body.locked) throw new TypeError('Response body object should not be disturbed or locked');
    return streamed(body as ReadableStream<Uint8Array>);
  }
  if (Symbol.asyncIterator in Object(body)) {
    return streamed(ReadableStream.from(body as AsyncIterable<Uint8Array>));
  }
  if (Symbol.iterator in Object(body) && !Array.isArray(body)) {
    return streamed(ReadableStream.from(body as Iterable<Uint8Array>));
  }
  return atHand(`${body as unknown as string}`, 'text/plain;charset=UTF-8');
}

function atHand(bytes: string | Uint8Array, type: string | null): Extracted {
  return { bytes, source: null, type };
}

function streamed(source: ReadableStream<Uint8Array>): Extracted {
  return { bytes: null, source, type: null };
}

/**
 * HTML, "multipart/form-data encoding algorithm". The parts make one blob, which knows its length
 * and reads files only as they are sent. Its headers are spelled as the algorithm does: not every server ignores case.
 */
function multipart(form: FormData): Extracted {
  const boundary = `----warmline-${randomUUID()}`;
  const parts: (string | Blob)[] = [];
  for (const [name, value] of form) {
    const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(normalized(name))}"`;
    if (typeof value === 'string') {
      parts.push(`${disposition}\r\n\r\n${normalized(value)}\r\n`);
    } else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      const head = `${disposition}; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
      parts.push(head, value, '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  const type = `multipart/form-data; boundary=${boundary}`;
  return { bytes: null, source: new Blob(parts), type };
}

function quoted(text: string): string {
  return text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}

function normalized(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}
