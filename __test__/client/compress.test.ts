import zlib from 'node:zlib';
import { expect, it } from 'vitest';
import { type Compression, fetch, HttpClient } from 'warmline';
import { echoed, echoServer } from '../servers/echo.js';
import { redirectPath, redirectServer } from '../servers/redirect.js';

const TEXT = 'wörld '.repeat(100);

const DECODERS: [Compression, (bytes: Uint8Array) => Buffer][] = [
  ['gzip', zlib.gunzipSync],
  ...('zstdDecompressSync' in zlib
    ? [['zstd', zlib.zstdDecompressSync] as [Compression, (bytes: Uint8Array) => Buffer]]
    : []),
];

it.each(DECODERS)('%s: a request arrives encoded, small or large', async (compress, decode) => {
  await using server = await echoServer();
  await using client = new HttpClient();
  for (const body of [TEXT, TEXT.repeat(2000)]) {
    const headers = { 'content-length': String(Buffer.byteLength(body)) };
    const response = await client.request('POST', server.origin, { body, compress, headers });
    const seen = await echoed(new Response(response.text()));
    expect(seen.header('content-encoding')).toBe(compress);
    expect(seen.header('content-length')).toBe(String(seen.body.length));
    expect(seen.body.length).toBeLessThan(body.length / 5);
    expect(`${decode(seen.body)}`).toBe(body);
  }
});

it('a client does so for all its requests but those that say otherwise', async () => {
  await using server = await echoServer();
  await using client = new HttpClient({ compress: 'gzip' });
  const sent = { method: 'POST', body: TEXT };
  const encoded = await echoed(client.fetch(server.origin, sent));
  expect(`${zlib.gunzipSync(encoded.body)}`).toBe(TEXT);
  const plain = await echoed(client.fetch(server.origin, { ...sent, compress: false }));
  expect([plain.header('content-encoding'), plain.text]).toEqual([undefined, TEXT]);
  const asked = await client.request('POST', server.origin, { body: TEXT });
  expect((await echoed(new Response(asked.text()))).header('content-encoding')).toBe('gzip');
});

it.each<[string, RequestInit & { duplex?: 'half' }]>([
  ['has no body', { method: 'POST' }],
  ['has an empty one', { method: 'POST', body: '' }],
  [
    'says that it is encoded already',
    { method: 'POST', body: TEXT, headers: { 'content-encoding': 'own' } },
  ],
  ['is a stream', { method: 'POST', body: new Blob([TEXT]).stream(), duplex: 'half' }],
])('what %s is sent as it is', async (_, init) => {
  await using server = await echoServer();
  const seen = await echoed(fetch(server.origin, { ...init, compress: 'gzip' } as object));
  expect(seen.header('content-encoding')).not.toBe('gzip');
  expect(['', TEXT]).toContain(seen.text);
});

it('what a redirect asks for again is encoded as before', async () => {
  await using server = await redirectServer();
  const send = (status: number) =>
    echoed(
      fetch(server.origin + redirectPath(status, '/end'), {
        method: 'POST',
        body: TEXT,
        compress: 'gzip',
      }),
    );
  const again = await send(307);
  expect(again.header('content-encoding')).toBe('gzip');
  expect(`${zlib.gunzipSync(again.body)}`).toBe(TEXT);
  expect((await send(303)).header('content-encoding')).toBeUndefined();
});

it('another coding is refused', async () => {
  await using client = new HttpClient();
  const compress = 'deflate' as Compression;
  await expect(client.request('POST', 'http://x', { compress })).rejects.toThrow(
    /compress must be/,
  );
  await expect(client.fetch('http://x', { compress })).rejects.toThrow(/compress must be/);
});
