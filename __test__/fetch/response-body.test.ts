import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';
import { HANDED_BACK_LATE, implementations, rejection, typeError } from './implementations.js';

/** Answers everything with this body in one piece. */
async function serving(body: string | Uint8Array, contentType = 'text/plain') {
  return await httpServer((request, response) => {
    request.resume();
    response.setHeader('content-type', contentType).end(body);
  });
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe.each(implementations)('$name fetch: a response body', ({ fetch }) => {
  it('is read as text, JSON, bytes, a buffer and a blob', async () => {
    const text = '{"a":"ä 日本 🎉"}';
    await using server = await serving(text, 'application/x-test');
    const utf8 = new TextEncoder().encode(text);
    expect(await (await fetch(server.origin)).text()).toBe(text);
    expect(await (await fetch(server.origin)).json()).toEqual({ a: 'ä 日本 🎉' });
    const buffer = await (await fetch(server.origin)).arrayBuffer();
    expect(buffer).toBeInstanceOf(ArrayBuffer);
    expect(new Uint8Array(buffer)).toEqual(utf8);
    const blob = await (await fetch(server.origin)).blob();
    expect(blob).toBeInstanceOf(Blob);
    expect(blob.type).toBe('application/x-test');
    expect(await blob.text()).toBe(text);
  });

  it('is read with bytes() into an array of its own', async () => {
    await using server = await serving('abc');
    const first = await (await fetch(server.origin)).bytes();
    expect(first).toBeInstanceOf(Uint8Array);
    expect(first.constructor).toBe(Uint8Array);
    const second = await (await fetch(server.origin)).bytes();
    first.fill(0);
    expect(second).toEqual(new TextEncoder().encode('abc'));
    expect(first.buffer).not.toBe(second.buffer);
  });

  it('does not change under its reader when later responses come', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => {
      count += 1;
      response.end(String(count).repeat(500));
    });
    const first = await bytesOf(await fetch(server.origin));
    const streamed = await (await fetch(server.origin)).body?.getReader().read();
    for (let i = 0; i < 20; i++) await (await fetch(server.origin)).text();
    expect(Buffer.from(first).toString()).toBe('1'.repeat(500));
    expect(Buffer.from(streamed?.value ?? []).toString()).toBe('2'.repeat(500));
  });

  it.each([
    [
      'multipart/form-data; boundary=XX',
      '--XX\r\ncontent-disposition: form-data; name="f"\r\n\r\nv\r\n--XX--\r\n',
    ],
    ['application/x-www-form-urlencoded', 'f=v'],
  ])('of %s is read as a form', async (contentType, body) => {
    await using server = await serving(body, contentType);
    const form = await (await fetch(server.origin)).formData();
    expect(form).toBeInstanceOf(FormData);
    expect(form.get('f')).toBe('v');
  });

  it('of another type is refused as a form', async () => {
    await using server = await serving('f=v', 'text/plain');
    await typeError((await fetch(server.origin)).formData());
  });

  it('that is no JSON fails with a SyntaxError', async () => {
    for (const body of ['', '{', 'undefined', '{"a":1}x']) {
      await using server = await serving(body);
      expect(await rejection((await fetch(server.origin)).json())).toBeInstanceOf(SyntaxError);
    }
  });

  it.each([
    ['null', null],
    ['7', 7],
    ['"text"', 'text'],
    ['[1,{"a":[]}]', [1, { a: [] }]],
    [' \n{"a": 1}\n ', { a: 1 }],
  ])('of %j is JSON', async (body, value) => {
    await using server = await serving(body);
    expect(await (await fetch(server.origin)).json()).toEqual(value);
  });

  it('loses one byte order mark as text and as JSON, and none as bytes', async () => {
    const marked = Buffer.from('\ufeff{"a":1}');
    await using server = await serving(marked);
    expect(await (await fetch(server.origin)).text()).toBe('{"a":1}');
    expect(await (await fetch(server.origin)).json()).toEqual({ a: 1 });
    expect(await bytesOf(await fetch(server.origin))).toEqual(new Uint8Array(marked));
  });

  it.each([
    ['a stray continuation', [0x61, 0x80, 0x62]],
    ['a cut sequence at the end', [0x61, 0xe6, 0x97]],
    ['a cut sequence in the middle', [0xf0, 0x9f, 0x8e, 0x61]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['latin1', [0x63, 0x61, 0x66, 0xe9]],
    ['bytes that never occur', [0xfe, 0xff]],
  ])('of %s is text with replacement characters', async (_, bytes) => {
    await using server = await serving(Uint8Array.from(bytes));
    const text = await (await fetch(server.origin)).text();
    expect(text).toBe(new TextDecoder().decode(Uint8Array.from(bytes)));
    expect(text).toContain('\ufffd');
  });

  it('is UTF-8 whatever charset its type names', async () => {
    await using server = await serving(Buffer.from('ä'), 'text/plain; charset=iso-8859-1');
    expect(await (await fetch(server.origin)).text()).toBe('ä');
  });

  it('whose characters are cut by its pieces is still whole', async () => {
    const bytes = Buffer.from('\ufeffä日本🎉 end');
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`);
      for (const byte of bytes) await connection.send(Uint8Array.of(byte));
    });
    expect(await (await fetch(server.origin)).text()).toBe('ä日本🎉 end');
  });

  it('that is empty is an empty stream, text and buffer', async () => {
    await using server = await serving('');
    expect(await (await fetch(server.origin)).text()).toBe('');
    expect((await (await fetch(server.origin)).arrayBuffer()).byteLength).toBe(0);
    expect((await (await fetch(server.origin)).blob()).size).toBe(0);
    const response = await fetch(server.origin);
    expect(await response.body?.getReader().read()).toEqual({ done: true, value: undefined });
  });

  it('can be read once only', async () => {
    await using server = await serving('once');
    for (const read of ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'] as const) {
      const response = await fetch(server.origin);
      expect(response.bodyUsed).toBe(false);
      const text = response.text();
      expect(response.bodyUsed).toBe(true);
      expect(await text).toBe('once');
      await typeError(response[read]());
      expect(() => response.clone()).toThrow(TypeError);
      expect(response.body?.locked).toBe(true);
      expect(response.bodyUsed).toBe(true);
    }
  });

  it('cannot be read while another reader holds it', async () => {
    await using server = await serving('held');
    const response = await fetch(server.origin);
    const reader = response.body?.getReader();
    expect(response.body?.locked).toBe(true);
    expect(response.bodyUsed).toBe(false);
    await typeError(response.text());
    expect(() => response.clone()).toThrow(TypeError);
    reader?.releaseLock();
    expect(await response.text()).toBe('held');
  });

  it('counts as used after the first read of its stream', async () => {
    await using server = await serving('used');
    const response = await fetch(server.origin);
    const reader = response.body?.getReader();
    await reader?.read();
    expect(response.bodyUsed).toBe(true);
    reader?.releaseLock();
    await typeError(response.text());
  });

  it('is the same stream whenever it is asked for', async () => {
    await using server = await serving('same');
    const response = await fetch(server.origin);
    expect(response.body).toBe(response.body);
    await response.text();
  });
});

describe.each(implementations)('$name fetch: a response body as a stream', ({ fetch }) => {
  it('makes byte arrays', async () => {
    await using server = await serving('chunky');
    const pieces: Uint8Array[] = [];
    for await (const piece of (await fetch(server.origin)).body as ReadableStream<Uint8Array>) {
      expect(piece).toBeInstanceOf(Uint8Array);
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).toString()).toBe('chunky');
  });

  it('fills the buffers of a byob reader', async () => {
    await using server = await serving('0123456789');
    const response = await fetch(server.origin);
    const reader = (response.body as ReadableStream).getReader({ mode: 'byob' });
    let text = '';
    let buffer = new ArrayBuffer(4);
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      expect(value.byteLength).toBeLessThanOrEqual(4);
      text += Buffer.from(value).toString();
      buffer = value.buffer as ArrayBuffer;
    }
    expect(text).toBe('0123456789');
  });

  it('delivers each piece when it comes, before the next is sent', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    });
    const response = await fetch(server.origin);
    const connection = await server.connection(0);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (const piece of ['first', 'second', 'third']) {
      const read = reader.read();
      await connection.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      expect(Buffer.from((await read).value ?? []).toString()).toBe(piece);
    }
    await connection.send('0\r\n\r\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('pipes through transforms', async () => {
    await using server = await serving('piped');
    const body = (await fetch(server.origin)).body as ReadableStream<Uint8Array<ArrayBuffer>>;
    const upper = new TransformStream<string, string>({
      transform: (text, controller) => controller.enqueue(text.toUpperCase()),
    });
    let text = '';
    for await (const piece of body.pipeThrough(new TextDecoderStream()).pipeThrough(upper)) {
      text += piece;
    }
    expect(text).toBe('PIPED');
  });

  it('pipes to a sink', async () => {
    await using server = await serving('sunk');
    const pieces: Uint8Array[] = [];
    await (await fetch(server.origin)).body?.pipeTo(
      new WritableStream({ write: (piece: Uint8Array) => void pieces.push(piece) }),
    );
    expect(Buffer.concat(pieces).toString()).toBe('sunk');
  });

  it('splits with tee', async () => {
    await using server = await serving('both');
    const [a, b] = (await fetch(server.origin)).body?.tee() ?? [];
    expect(await new Response(a).text()).toBe('both');
    expect(await new Response(b).text()).toBe('both');
  });

  it('becomes the body of another Response, with its status and headers', async () => {
    await using server = await serving('wrapped', 'text/x');
    const response = await fetch(server.origin);
    const wrapped = new Response(response.body, response);
    expect(wrapped.status).toBe(200);
    expect(wrapped.headers.get('content-type')).toBe('text/x');
    wrapped.headers.set('x-changed', 'yes');
    expect(await wrapped.text()).toBe('wrapped');
    await typeError(response.text());
  });

  it('ends for await early by cancelling, which closes the connection', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun');
    });
    const response = await fetch(server.origin);
    for await (const piece of response.body as ReadableStream<Uint8Array>) {
      expect(Buffer.from(piece).toString()).toBe('begun');
      break;
    }
    await (await server.connection(0)).closed;
  });

  it.each(['before', 'after'])('can be cancelled %s its first byte', async (when) => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n');
      if (when === 'after') await connection.send('01234');
    });
    const response = await fetch(server.origin);
    const body = response.body as ReadableStream<Uint8Array>;
    if (when === 'after') {
      const reader = body.getReader();
      await reader.read();
      reader.releaseLock();
    }
    await body.cancel('enough');
    expect(response.bodyUsed).toBe(true);
    await (await server.connection(0)).closed;
  });

  it('that is cancelled after its end leaves the connection alone', async () => {
    await using server = await serving('short');
    for (let i = 0; i < 5; i++) {
      const response = await fetch(server.origin);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      while (!(await reader.read()).done);
      await reader.cancel();
    }
    expect(server.accepted.length).toBeLessThanOrEqual(HANDED_BACK_LATE);
  });
});

describe.each(implementations)('$name fetch: clones of a response', ({ fetch }) => {
  it('have the same head and body, each read on its own', async () => {
    await using server = await serving('cloned', 'text/x');
    const response = await fetch(`${server.origin}/c`);
    const clone = response.clone();
    expect(clone).toBeInstanceOf(Response);
    expect(clone.status).toBe(200);
    expect(clone.url).toBe(`${server.origin}/c`);
    expect(clone.type).toBe('basic');
    expect(clone.headers.get('content-type')).toBe('text/x');
    expect(await response.text()).toBe('cloned');
    expect(clone.bodyUsed).toBe(false);
    expect(await clone.text()).toBe('cloned');
  });

  it('can be cloned again, and read in any order', async () => {
    await using server = await serving('again');
    const response = await fetch(server.origin);
    const second = response.clone();
    const third = second.clone();
    expect(await third.text()).toBe('again');
    expect(await response.json().catch((error: unknown) => error)).toBeInstanceOf(SyntaxError);
    expect(await second.text()).toBe('again');
  });

  it('can be made once the stream was looked at', async () => {
    await using server = await serving('looked');
    const response = await fetch(server.origin);
    expect(response.body?.locked).toBe(false);
    const clone = response.clone();
    expect(await response.text()).toBe('looked');
    expect(await clone.text()).toBe('looked');
  });

  it('of a response without a body have none', async () => {
    await using server = await httpServer((_, response) => response.writeHead(204).end());
    const clone = (await fetch(server.origin)).clone();
    expect(clone.body).toBeNull();
    expect(clone.status).toBe(204);
  });

  it('may be read at different speeds', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    });
    const response = await fetch(server.origin);
    const clone = response.clone();
    const connection = await server.connection(0);
    const fast = (response.body as ReadableStream<Uint8Array>).getReader();
    for (let i = 0; i < 50; i++) {
      await connection.send(`3\r\n${String(i).padStart(3, '0')}\r\n`);
      let text = '';
      while (text.length < 3) text += Buffer.from((await fast.read()).value ?? []).toString();
    }
    await connection.send('0\r\n\r\n');
    expect((await fast.read()).done).toBe(true);
    expect((await clone.text()).length).toBe(150);
  });

  it('keep the connection while either is wanted, and let it go when both are cancelled', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234');
    });
    const response = await fetch(server.origin);
    const clone = response.clone();
    const first = response.body?.cancel();
    const reader = (clone.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('01234');
    const second = reader.cancel();
    await Promise.all([first, second]);
    await (await server.connection(0)).closed;
  });
});
