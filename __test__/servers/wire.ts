/** An HTTP/1.1 request exactly as it stood on the wire, header names in the sender's own case. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body with any chunked framing taken off. */
  readonly body: Buffer;
  /** Sizes of the chunks in which a chunked body came; empty for any other body. */
  readonly chunks: readonly number[];
}

/** All values of a header, in order, whatever the case of its name. */
export function headerValues(request: Pick<WireRequest, 'headers'>, name: string): string[] {
  const wanted = name.toLowerCase();
  return request.headers.filter(([n]) => n.toLowerCase() === wanted).map(([, value]) => value);
}

/** The only value of a header; undefined if it is absent. Throws if it came more than once. */
export function headerValue(
  request: Pick<WireRequest, 'headers'>,
  name: string,
): string | undefined {
  const values = headerValues(request, name);
  if (values.length > 1) throw new Error(`${name} came ${values.length} times`);
  return values[0];
}

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';

/**
 * Reads one whole request (RFC 9112) from the start of `bytes`.
 * Answers null while it is not complete; throws on what is not HTTP/1.1.
 */
export function parseRequest(bytes: Buffer): { request: WireRequest; consumed: number } | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const [requestLine = '', ...headerLines] = bytes
    .subarray(0, headEnd)
    .toString('latin1')
    .split(LINE_END);
  const parts = /^(\S+) (\S+) HTTP\/1\.1$/.exec(requestLine);
  if (parts === null) throw new Error(`not a request line: ${JSON.stringify(requestLine)}`);
  const headers = headerLines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`not a header line: ${JSON.stringify(line)}`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const content = parseBody(bytes.subarray(headEnd + HEAD_END.length), { headers });
  if (content === null) return null;
  return {
    request: {
      method: parts[1] as string,
      target: parts[2] as string,
      headers,
      body: content.body,
      chunks: content.chunks,
    },
    consumed: headEnd + HEAD_END.length + content.consumed,
  };
}

interface Content {
  readonly body: Buffer;
  readonly chunks: number[];
  readonly consumed: number;
}

function parseBody(bytes: Buffer, head: Pick<WireRequest, 'headers'>): Content | null {
  const length = headerValue(head, 'content-length');
  const coding = headerValue(head, 'transfer-encoding');
  if (length !== undefined && coding !== undefined) {
    throw new Error('both content-length and transfer-encoding');
  }
  if (coding !== undefined) return parseChunks(bytes);
  if (length !== undefined && !/^\d+$/.test(length)) throw new Error(`content-length ${length}`);
  const size = Number(length ?? 0);
  if (bytes.length < size) return null;
  return { body: bytes.subarray(0, size), chunks: [], consumed: size };
}

function parseChunks(bytes: Buffer): Content | null {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('not a chunk size');
    const start = lineEnd + LINE_END.length;
    const end = start + size;
    if (bytes.length < end + LINE_END.length) return null;
    if (bytes.toString('latin1', end, end + LINE_END.length) !== LINE_END) {
      throw new Error('a chunk does not end where it said');
    }
    at = end + LINE_END.length;
    if (size === 0) {
      return { body: Buffer.concat(parts), chunks: parts.map((p) => p.length), consumed: at };
    }
    parts.push(bytes.subarray(start, end));
  }
}
