import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { type BodyInit, implementations, typeError } from './implementations.js';

const BYTES = Uint8Array.from({ length: 24 }, (_, i) => i * 10);

/** A view of `BYTES` in the middle of a larger buffer, so that offset and length both count. */
function inside<View>(
  Type: new (buffer: ArrayBuffer, offset: number, length: number) => View,
  elementSize: number,
): View {
  const buffer = new ArrayBuffer(8 + BYTES.length + 8);
  new Uint8Array(buffer).fill(0xee).set(BYTES, 8);
  return new Type(buffer, 8, BYTES.length / elementSize);
}

const VIEWS: [string, () => BodyInit][] = [
  ['Int8Array', () => inside(Int8Array, 1)],
  ['Uint8Array', () => inside(Uint8Array, 1)],
  ['Uint8ClampedArray', () => inside(Uint8ClampedArray, 1)],
  ['Int16Array', () => inside(Int16Array, 2)],
  ['Uint16Array', () => inside(Uint16Array, 2)],
  ['Int32Array', () => inside(Int32Array, 4)],
  ['Uint32Array', () => inside(Uint32Array, 4)],
  ['Float32Array', () => inside(Float32Array, 4)],
  ['Float64Array', () => inside(Float64Array, 8)],
  ['BigInt64Array', () => inside(BigInt64Array, 8)],
  ['BigUint64Array', () => inside(BigUint64Array, 8)],
  ['DataView', () => inside(DataView, 1)],
  ['Buffer', () => Buffer.from(inside(Uint8Array, 1))],
];

describe.each(implementations)('$name fetch: a request body', ({ fetch }) => {
  it('of text goes out as UTF-8', async () => {
    await using server = await echoServer();
    const body = 'plain, ünï, 日本, 🎉, lone \ud800 surrogate, \0';
    const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
    expect(seen.text).toBe(body.replace('\ud800', '\ufffd'));
    expect(seen.header('content-length')).toBe(String(Buffer.byteLength(body)));
    expect(seen.header('transfer-encoding')).toBeUndefined();
    expect(seen.header('content-type')).toBe('text/plain;charset=UTF-8');
  });

  it.each(VIEWS)('of %s goes out as the bytes that it shows', async (_, view) => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin, { method: 'POST', body: view() }));
    expect(seen.body).toEqual(Buffer.from(BYTES));
    expect(seen.header('content-length')).toBe(String(BYTES.length));
    expect(seen.header('content-type')).toBeUndefined();
  });

  it('of an ArrayBuffer goes out whole', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin, { method: 'POST', body: BYTES.slice().buffer }));
    expect(seen.body).toEqual(Buffer.from(BYTES));
    expect(seen.header('content-type')).toBeUndefined();
  });

  it('of a SharedArrayBuffer, which is none of the standard, is its text', async () => {
    await using server = await echoServer();
    const body = new SharedArrayBuffer(8) as unknown as BodyInit;
    const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
    expect(seen.text).toBe('[object SharedArrayBuffer]');
  });

  it('of a Blob has its type and size', async () => {
    await using server = await echoServer();
    const body = new Blob(['blob ', BYTES], { type: 'image/x-test' });
    const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
    expect(seen.body).toEqual(Buffer.concat([Buffer.from('blob '), BYTES]));
    expect(seen.header('content-type')).toBe('image/x-test');
    expect(seen.header('content-length')).toBe('29');
  });

  it('of a Blob without a type has no content type', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin, { method: 'POST', body: new Blob(['b']) }));
    expect(seen.header('content-type')).toBeUndefined();
    expect(seen.text).toBe('b');
  });

  it('of a slice of a Blob is that slice', async () => {
    await using server = await echoServer();
    const body = new Blob(['0123456789']).slice(2, 5, 'text/slice');
    const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
    expect(seen.text).toBe('234');
    expect(seen.header('content-type')).toBe('text/slice');
  });

  it('of a Request has the length and type that it has in init', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(new Request(server.origin, { method: 'POST', body: 'text' })));
    expect(seen.header('content-length')).toBe('4');
    expect(seen.header('content-type')).toBe('text/plain;charset=UTF-8');
    expect(seen.header('transfer-encoding')).toBeUndefined();
  });

  it('of URLSearchParams is form-encoded', async () => {
    await using server = await echoServer();
    const body = new URLSearchParams({ q: 'ä & b', n: '1' });
    const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
    expect(seen.text).toBe('q=%C3%A4+%26+b&n=1');
    expect(seen.header('content-type')).toBe('application/x-www-form-urlencoded;charset=UTF-8');
    expect(seen.header('content-length')).toBe('18');
  });

  it('of FormData carries its fields and files', async () => {
    await using server = await echoServer();
    const form = new FormData();
    form.append('field', 'välue\r\nof two lines');
    form.append('field', 'second');
    form.append('file', new File([BYTES], 'nä"me\n.bin', { type: 'application/x-test' }));
    form.append('blob', new Blob(['b']), 'blob.txt');
    const seen = await echoed(fetch(server.origin, { method: 'POST', body: form }));
    const contentType = seen.header('content-type') ?? '';
    expect(contentType).toMatch(/^multipart\/form-data; boundary=[-\w'()+,./:=?]{1,70}$/);
    expect(seen.header('content-length')).toBe(String(seen.body.length));

    const parsed = await new Response(new Uint8Array(seen.body), {
      headers: { 'content-type': contentType },
    }).formData();
    expect(parsed.getAll('field')).toEqual(['välue\r\nof two lines', 'second']);
    const file = parsed.get('file') as File;
    expect(file.type).toBe('application/x-test');
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(BYTES);
    expect(seen.body.includes('filename="nä%22me%0A.bin"')).toBe(true);
    const blob = parsed.get('blob') as File;
    expect(blob.name).toBe('blob.txt');
    expect(await blob.text()).toBe('b');
  });

  it('of anything else is its text', async () => {
    await using server = await echoServer();
    const body = { toString: () => 'object' } as unknown as string;
    expect((await echoed(fetch(server.origin, { method: 'POST', body }))).text).toBe('object');
    const number = 42 as unknown as string;
    expect((await echoed(fetch(server.origin, { method: 'POST', body: number }))).text).toBe('42');
  });

  it.each(['POST', 'PUT'])('that is null is empty and has length 0 with %s', async (method) => {
    await using server = await echoServer();
    for (const init of [{ method, body: null }, { method }]) {
      const seen = await echoed(fetch(server.origin, init));
      expect(seen.header('content-length')).toBe('0');
      expect(seen.header('transfer-encoding')).toBeUndefined();
      expect(seen.header('content-type')).toBeUndefined();
      expect(seen.body.length).toBe(0);
    }
  });

  it('that is absent has no length with GET and OPTIONS', async () => {
    await using server = await echoServer();
    for (const method of ['GET', 'OPTIONS']) {
      const seen = await echoed(fetch(server.origin, { method }));
      expect(seen.header('content-length')).toBeUndefined();
      expect(seen.header('transfer-encoding')).toBeUndefined();
    }
  });

  it('that is empty has length 0', async () => {
    await using server = await echoServer();
    for (const body of ['', new Uint8Array(0), new Blob([])]) {
      const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
      expect(seen.header('content-length')).toBe('0');
      expect(seen.body.length).toBe(0);
    }
  });

  it('goes out with DELETE, PATCH and methods of their own too', async () => {
    await using server = await echoServer();
    for (const method of ['DELETE', 'PATCH', 'OPTIONS', 'REPORT']) {
      const seen = await echoed(fetch(server.origin, { method, body: 'b' }));
      expect(seen.method).toBe(method);
      expect(seen.text).toBe('b');
    }
  });

  it('does not replace a content type that the caller gives', async () => {
    await using server = await echoServer();
    const headers = { 'Content-Type': 'application/json' };
    for (const body of ['{}', new Blob(['{}'], { type: 'x/y' }), new URLSearchParams()]) {
      const seen = await echoed(fetch(server.origin, { method: 'POST', headers, body }));
      expect(seen.header('content-type')).toBe('application/json');
    }
  });

  it.each([
    ['small', 64],
    ['large', 4 << 20],
  ])('that is %s and in a buffer goes out as it was at the call', async (_, size) => {
    await using server = await echoServer();
    const body = Buffer.alloc(size, 'a');
    const answered = fetch(server.origin, { method: 'POST', body });
    body.fill('b');
    const seen = await echoed(answered);
    expect(seen.body.equals(Buffer.alloc(size, 'a'))).toBe(true);
  });

  it('leaves the caller the buffer', async () => {
    await using server = await echoServer();
    for (const body of [BYTES.slice(), BYTES.slice().buffer]) {
      await echoed(fetch(server.origin, { method: 'POST', body }));
      expect(body.byteLength).toBe(BYTES.length);
    }
  });

  it('in a detached buffer is refused or empty, and harms nothing', async () => {
    await using server = await echoServer();
    const body = BYTES.slice();
    structuredClone(body.buffer, { transfer: [body.buffer] });
    const [outcome] = await Promise.allSettled([
      echoed(fetch(server.origin, { method: 'POST', body })),
    ]);
    if (outcome.status === 'fulfilled') expect(outcome.value.body.length).toBe(0);
    else expect(outcome.reason).toBeInstanceOf(TypeError);
    expect((await echoed(fetch(server.origin, { method: 'POST', body: 'x' }))).text).toBe('x');
  });

  it('of 10 MB arrives whole, as text and as bytes', async () => {
    await using server = await httpServer((request, response) => {
      const hash = createHash('sha256');
      request.on('data', (piece: Buffer) => hash.update(piece));
      request.on('end', () => response.end(hash.digest('hex')));
    });
    const bytes = randomBytes(10 << 20);
    const text = `é${bytes.toString('base64').slice(0, 10 << 20)}`;
    for (const body of [bytes, text, new Blob([bytes])]) {
      const answered = await fetch(server.origin, { method: 'POST', body });
      const whole = body instanceof Blob ? bytes : body;
      expect(await answered.text()).toBe(createHash('sha256').update(whole).digest('hex'));
    }
  });

  it('of many sizes arrives whole, all at once', async () => {
    await using server = await echoServer();
    const sizes = [1, 1023, 1024, 4095, 4096, 16_383, 65_535, 65_536, 65_537, 262_144, 1_000_001];
    await Promise.all(
      sizes.map(async (size) => {
        const body = Buffer.alloc(size, String(size));
        const seen = await echoed(fetch(server.origin, { method: 'POST', body }));
        expect(seen.body.equals(body)).toBe(true);
      }),
    );
  });

  it('that is a symbol or a locked or disturbed stream is refused before anything is sent', async () => {
    await using server = await echoServer();
    const locked = new ReadableStream();
    locked.getReader();
    const disturbed = new Response('x').body as ReadableStream;
    await disturbed.getReader().read();
    const refused: unknown[] = [Symbol('body'), locked, disturbed];
    for (const body of refused) {
      const init = { method: 'POST', body: body as BodyInit, duplex: 'half' } as const;
      await typeError(fetch(server.origin, init));
    }
    expect(server.accepted.length).toBe(0);
  });
});
