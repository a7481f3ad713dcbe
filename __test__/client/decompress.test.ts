import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { fetch, HttpClient } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CODINGS } from '../servers/encoded.js';
import { httpServer } from '../servers/http.js';

const BOMB = gzipSync(new Uint8Array(32 * 1024 * 1024));

function encodedServer(name: string, body: Uint8Array) {
  return httpServer((request, response) => {
    response.setHeader('x-asked-for', request.headers['accept-encoding'] ?? 'nothing');
    response.setHeader('content-encoding', name);
    response.end(body);
  });
}

it.each(CODINGS)('request decodes $title', async ({ name, encode }) => {
  const text = '{"hello":"wörld"}';
  await using server = await encodedServer(name, encode(Buffer.from(text)));
  await using client = new HttpClient();
  const response = await client.request('GET', server.origin);
  expect(response.text()).toBe(text);
  expect(response.headers.get('x-asked-for')).toBe('gzip, deflate');
});

it('with decompress: false the bytes stay as they are, and none are asked for', async () => {
  const bytes = gzipSync('hello');
  await using server = await encodedServer('gzip', bytes);
  await using client = new HttpClient({ decompress: false });
  const response = await client.request('GET', server.origin);
  expect(Buffer.from(response.body).equals(bytes)).toBe(true);
  expect(response.headers.get('x-asked-for')).toBe('identity');
});

it.each([
  ['by default, by its ratio', undefined, /more than 250 times/],
  ['by a size', { maxBytes: 1000 }, /more than 1000 bytes/],
  ['by a ratio', { maxRatio: 10, maxBytes: Number.POSITIVE_INFINITY }, /more than 10 times/],
])('a bomb is refused %s', async (_, decompress, message) => {
  await using server = await encodedServer('gzip', BOMB);
  await using client = new HttpClient(decompress === undefined ? {} : { decompress });
  expect(await rejection(client.request('GET', server.origin))).toMatchObject({
    code: 'WARMLINE_DECOMPRESSION_LIMIT',
    phase: 'body',
    message: expect.stringMatching(message),
  });
  // The client is as good as before.
  expect(client.getPoolMetrics().connectionsActive).toBe(0);
});

it('without limits a bomb is what it is', async () => {
  await using server = await encodedServer('gzip', BOMB);
  await using client = new HttpClient({ decompress: { maxRatio: Number.POSITIVE_INFINITY } });
  expect((await client.request('GET', server.origin)).body.length).toBe(32 * 1024 * 1024);
});

it('a bomb that is read piece by piece breaks off where it grows too large', async () => {
  await using server = await encodedServer('gzip', BOMB);
  const response = await fetch(server.origin);
  let length = 0;
  const reading = async () => {
    for await (const piece of response.body as AsyncIterable<Uint8Array>) length += piece.length;
  };
  const error = await rejection(reading());
  expect(error).toMatchObject({ cause: { code: 'WARMLINE_DECOMPRESSION_LIMIT' } });
  expect(length).toBeGreaterThan(15 * 1024 * 1024);
  expect(length).toBeLessThan(17 * 1024 * 1024);
});

it.each([
  ['maxRatio', 0],
  ['maxRatio', 1.5],
  ['maxBytes', -1],
  ['maxBytes', 'much'],
])('decompress.%s cannot be %s', (name, value) => {
  const options = { decompress: { [name]: value } };
  expect(() => new HttpClient(options)).toThrow(new RegExp(`decompress.${name} must be`));
});

it('decompress has no other options', () => {
  const options = { decompress: { codings: [] } } as object;
  expect(() => new HttpClient(options)).toThrow(/decompress.codings is unknown/);
});
