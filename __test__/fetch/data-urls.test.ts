import { describe, expect, it } from 'vitest';
import { implementations, rejection, typeError } from './implementations.js';

const DEFAULT_TYPE = 'text/plain;charset=US-ASCII';

describe.each(implementations)('$name fetch: data URLs', ({ fetch }) => {
  it.each([
    ['data:,hello', DEFAULT_TYPE, 'hello'],
    ['data:,', DEFAULT_TYPE, ''],
    ['data:text/html,<p>hi</p>', 'text/html', '<p>hi</p>'],
    ['data:text/plain;charset=utf-8,%C3%A4', 'text/plain;charset=utf-8', 'ä'],
    ['data:;charset=utf-8,x', 'text/plain;charset=utf-8', 'x'],
    ['data:;base64,aGVsbG8=', DEFAULT_TYPE, 'hello'],
    ['data:;base64,aGVsbG8', DEFAULT_TYPE, 'hello'],
    ['data:;base64,aGVs%62G8=', DEFAULT_TYPE, 'hello'],
    ['data:;base64,aG Vs bG8=', DEFAULT_TYPE, 'hello'],
    ['data:application/json;base64,eyJhIjoxfQ==', 'application/json', '{"a":1}'],
    ['data:not a type,x', DEFAULT_TYPE, 'x'],
    ['DATA:TEXT/X,upper', 'text/x', 'upper'],
    ['data:,a,b', DEFAULT_TYPE, 'a,b'],
    ['data:,a%2Cb%zz', DEFAULT_TYPE, 'a,b%zz'],
    ['data:,a#fragment', DEFAULT_TYPE, 'a'],
    ['data:,a?query', DEFAULT_TYPE, 'a?query'],
    ['data:text/plain;base64;x=y,aGk=', 'text/plain;base64=;x=y', 'aGk='],
  ])('answer %s', async (url, type, text) => {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.statusText).toBe('OK');
    expect(await response.text()).toBe(text);
    if (!url.includes(';base64;')) expect(response.headers.get('content-type')).toBe(type);
  });

  it.each(['data:', 'data:text/plain', 'data:;base64,a', 'data:;base64,@@@@'])(
    'refuse %s',
    async (url) => {
      expect((await typeError(fetch(url))).message).toBe('fetch failed');
    },
  );

  it('answer with a Response that says its URL', async () => {
    const response = await fetch('data:,x#y');
    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe('data:,x');
    expect(response.type).toBe('basic');
    expect(response.redirected).toBe(false);
    expect([...response.headers]).toEqual([['content-type', DEFAULT_TYPE]]);
    expect(() => response.headers.set('a', 'b')).toThrow(TypeError);
  });

  it('answer with bytes, streams, blobs and clones', async () => {
    const url = 'data:application/octet-stream;base64,AAEC/w==';
    const bytes = Uint8Array.of(0, 1, 2, 255);
    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(bytes);
    const response = await fetch(url);
    const clone = response.clone();
    expect((await clone.blob()).type).toBe('application/octet-stream');
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body as ReadableStream<Uint8Array>) pieces.push(piece);
    expect(new Uint8Array(Buffer.concat(pieces))).toEqual(bytes);
  });

  it('come as a URL or a Request too, and with any method', async () => {
    expect(await (await fetch(new URL('data:,url'))).text()).toBe('url');
    expect(await (await fetch(new Request('data:,request'))).text()).toBe('request');
    expect(await (await fetch('data:,x', { method: 'HEAD' })).text()).toBe('');
    expect(await (await fetch('data:,posted', { method: 'POST', body: 'b' })).text()).toBe(
      'posted',
    );
  });

  it('are aborted as any other', async () => {
    const reason = new Error('why');
    expect(await rejection(fetch('data:,x', { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  it('of a megabyte are read whole', async () => {
    const body = Buffer.alloc(1 << 20, 'large');
    const url = `data:;base64,${body.toString('base64')}`;
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(body)).toBe(true);
  });
});

describe.each(implementations)('$name fetch: other URLs that need no network', ({ fetch }) => {
  it('name a Blob of this process', async () => {
    const url = URL.createObjectURL(new Blob(['content'], { type: 'text/x' }));
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/x');
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('content');
    URL.revokeObjectURL(url);
    expect((await typeError(fetch(url))).message).toBe('fetch failed');
  });

  it('are not about:blank', async () => {
    expect((await typeError(fetch('about:blank'))).message).toBe('fetch failed');
  });
});
