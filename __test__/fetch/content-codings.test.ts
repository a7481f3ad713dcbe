import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fetch as warmlineFetch } from 'warmline';
import { CODINGS } from '../servers/encoded.js';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';
import { type Fetch, implementations, typeError } from './implementations.js';

const TEXT = Buffer.from('{"hello":"wörld 👋"},'.repeat(3000));
const GZIP = gzipSync(TEXT);

function badChecksum(): Buffer {
  const bytes = Buffer.from(GZIP);
  bytes[bytes.length - 6] = (bytes.at(-6) ?? 0) ^ 1;
  return bytes;
}

type Case = [title: string, contentEncoding: string | string[], body: Uint8Array];

/** The built-in fetch of Node 22 leaves zstd as it is, which Node itself can decode. */
const UNDONE = CODINGS.filter(
  ({ title }) => title !== 'zstd' || Number.parseInt(process.versions['undici'] ?? '', 10) >= 7,
);

/** What both make the same of. */
const ALIKE: Case[] = [
  ...UNDONE.flatMap(({ title, name, encode }): Case[] => {
    const whole = encode(TEXT);
    return [
      [`${title}, whole`, name, whole],
      [`${title}, padded`, name, Buffer.concat([whole, Buffer.alloc(20)])],
      [`${title}, followed by garbage`, name, Buffer.concat([whole, Buffer.from('garbage')])],
      [`${title}, and it is none`, name, Buffer.from('plain text here')],
      ...(title === 'zstd' ? [] : [[`${title}, empty`, name, Buffer.alloc(0)] satisfies Case]),
    ];
  }),
  ['gzip without the last of its checksum', 'gzip', GZIP.subarray(0, -1)],
  ['gzip with a wrong checksum', 'gzip', badChecksum()],
  ['gzip in two members', 'gzip', Buffer.concat([GZIP, GZIP])],
  ['x-gzip', 'x-gzip', GZIP],
  ['capitals', 'GZip', GZIP],
  ['two codings', 'gzip, br', brotliCompressSync(GZIP)],
  ['two codings in two headers', ['gzip', 'br'], brotliCompressSync(GZIP)],
  ['a coding of another name', 'aws-chunked', TEXT],
  ['no coding', 'identity', TEXT],
  ['an unknown coding under gzip', 'foo, gzip', GZIP],
  ['an unknown coding over gzip', 'gzip, foo', GZIP],
  ['an empty member of the list', 'gzip,', GZIP],
  ['nothing stated', '', TEXT],
  ['too many codings', 'gzip, gzip, gzip, gzip, gzip, gzip', GZIP],
];

/** All that a caller sees. */
async function outcome(fetch: Fetch, url: string): Promise<object> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    return { failed: (error as Error).message };
  }
  const { headers } = response;
  const head = {
    coding: headers.get('content-encoding'),
    length: headers.get('content-length'),
  };
  try {
    const bytes = await response.bytes();
    return { ...head, bytes: bytes.length, hash: createHash('sha1').update(bytes).digest('hex') };
  } catch (error) {
    return { ...head, broke: (error as Error).message };
  }
}

function encodedServer(contentEncoding: string | string[], body: Uint8Array) {
  return httpServer((_, response) => {
    response.setHeader('content-encoding', contentEncoding);
    response.setHeader('content-length', body.length);
    response.end(body);
  });
}

it.each(ALIKE)('%s is read as built-in fetch reads it', async (_, contentEncoding, body) => {
  await using server = await encodedServer(contentEncoding, body);
  const [builtIn, ours] = implementations.map(({ fetch }) => outcome(fetch, server.origin));
  expect(await ours).toEqual(await builtIn);
});

it.each(CODINGS)('$title cut in its data is an error', async ({ name, encode }) => {
  const whole = encode(TEXT.subarray(0, 100));
  await using server = await httpServer((request, response) => {
    response.setHeader('content-encoding', name);
    response.end(whole.subarray(0, Number(request.url?.slice(1))));
  });
  // What comes before is a header, and after it the end of the data and a checksum.
  for (let cut = 11; cut < whole.length - 12; cut++) {
    const response = await warmlineFetch(`${server.origin}/${cut}`);
    const { cause } = await typeError(response.text());
    expect(cause).toMatchObject({ code: 'WARMLINE_DECOMPRESSION_TRUNCATED', phase: 'body' });
  }
});

describe.each(implementations)('$name fetch', ({ fetch }) => {
  it('asks for codings that it can undo, unless the caller asks for others', async () => {
    await using server = await httpServer(({ headers }, response) => {
      response.end(JSON.stringify([headers['accept-encoding']]));
    });
    const asked = async (headers: Record<string, string>) =>
      (await fetch(server.origin, { headers })).json();
    expect(await asked({})).toEqual(['gzip, deflate']);
    expect(await asked({ 'Accept-Encoding': 'br' })).toEqual(['br']);
    expect(await asked({ range: 'bytes=0-9' })).toEqual(['identity']);
  });

  it.each(['HEAD', 'GET'])('reads no body of a %s that has none', async (method) => {
    await using server = await httpServer((_, response) => {
      response.writeHead(method === 'HEAD' ? 200 : 204, { 'content-encoding': 'gzip' }).end();
    });
    const response = await fetch(server.origin, { method });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe('');
  });

  it('follows a redirect whose body is encoded', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/') {
        response.writeHead(302, { location: '/there', 'content-encoding': 'br' }).end('no brotli');
      } else {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('there'));
      }
    });
    expect(await (await fetch(server.origin)).text()).toBe('there');
  });
});

it('reads a large body that arrives byte by byte, and clones it', async () => {
  await using server = await httpServer(async (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    for (const byte of GZIP) {
      if (!response.write(Uint8Array.of(byte))) {
        await new Promise((resolve) => response.once('drain', resolve));
      }
    }
    response.end();
  });
  const response = await warmlineFetch(server.origin);
  const clone = response.clone();
  expect(Buffer.from(await response.arrayBuffer()).equals(TEXT)).toBe(true);
  expect(await clone.text()).toBe(TEXT.toString());
});

it('hands the connection on after a body that was decoded to its end', async () => {
  await using server = await encodedServer('gzip', Buffer.concat([GZIP, Buffer.alloc(100_000)]));
  for (let i = 0; i < 3; i++) {
    expect((await (await warmlineFetch(server.origin)).bytes()).length).toBe(TEXT.length);
  }
  expect(server.accepted.length).toBe(1);
});

it('a slow reader of an encoded body slows the server down', async () => {
  const piece = gzipSync(crypto.getRandomValues(new Uint8Array(60_000)));
  let sent = 0;
  let stalled = () => {};
  const full = new Promise<void>((resolve) => {
    stalled = resolve;
  });
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    await connection.send('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n');
    for (; sent < 500; sent++) {
      // What the kernel's buffers cannot take stays unsent.
      const taken = connection.send(piece);
      const first = await Promise.race([taken, new Promise((r) => setImmediate(r, 'waits'))]);
      if (first === 'waits') stalled();
      await taken;
    }
    connection.end();
  });
  const response = await warmlineFetch(server.origin);
  await full;
  expect(sent).toBeLessThan(500);
  expect((await response.bytes()).length).toBe(500 * 60_000);
});
