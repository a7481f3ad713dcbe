import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';
import { implementations } from './implementations.js';

/** Answers the first request of each connection with these pieces, each when the system has taken the last. */
async function pieces(...sent: string[]) {
  return await scriptedServer(async (connection) => {
    await connection.request();
    for (const piece of sent) await connection.send(piece);
  });
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

describe.each(implementations)('$name fetch: the framing of a response', ({ fetch }) => {
  it('may be a content-length', async () => {
    await using server = await pieces('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfi', 've5');
    expect(await (await fetch(server.origin)).text()).toBe('five5');
  });

  it('may be chunks, cut anywhere', async () => {
    const whole = `${CHUNKED}5\r\nhello\r\n1;name=value\r\n,\r\n00006\r\n world\r\n0\r\n\r\n`;
    for (let cut = 1; cut < whole.length; cut += 7) {
      await using server = await pieces(whole.slice(0, cut), whole.slice(cut));
      expect(await (await fetch(server.origin)).text()).toBe('hello, world');
    }
  });

  it('may be chunks with trailers, which are not headers', async () => {
    await using server = await pieces(`${CHUNKED}2\r\nhi\r\n0\r\nx-trailer: t\r\n\r\n`);
    const response = await fetch(server.origin);
    expect(await response.text()).toBe('hi');
    expect(response.headers.has('x-trailer')).toBe(false);
  });

  it('may be the end of the connection', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil ');
      connection.end('the end');
    });
    expect(await (await fetch(server.origin)).text()).toBe('until the end');
  });

  it('may be that of HTTP/1.0', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      connection.end('HTTP/1.0 200 OK\r\n\r\nold');
    });
    expect(await (await fetch(server.origin)).text()).toBe('old');
  });

  it('may be several content-lengths that agree', async () => {
    await using server = await pieces(
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok',
    );
    const [outcome] = await Promise.allSettled([fetch(server.origin).then((r) => r.text())]);
    // RFC 9110, 8.6: a recipient may accept the list or refuse it, and nothing else.
    if (outcome.status === 'fulfilled') expect(outcome.value).toBe('ok');
    else expect(outcome.reason).toBeInstanceOf(TypeError);
  });

  it('carries 50 MB whole, with either length', async () => {
    const piece = Buffer.alloc(1 << 20, 'p');
    const count = 50;
    await using server = await httpServer(async (request, response) => {
      if (request.url === '/length') response.setHeader('content-length', piece.length * count);
      for (let i = 0; i < count; i++) {
        piece.writeUInt32LE(i);
        await new Promise((resolve) => response.write(Buffer.from(piece), resolve));
      }
      response.end();
    });
    const expected = createHash('sha256');
    for (let i = 0; i < count; i++) {
      piece.writeUInt32LE(i);
      expected.update(piece);
    }
    const digest = expected.digest('hex');
    const whole = await (await fetch(`${server.origin}/length`)).arrayBuffer();
    expect(createHash('sha256').update(new Uint8Array(whole)).digest('hex')).toBe(digest);
    const streamed = createHash('sha256');
    const body = (await fetch(`${server.origin}/chunked`)).body as ReadableStream<Uint8Array>;
    for await (const part of body) streamed.update(part);
    expect(streamed.digest('hex')).toBe(digest);
  });

  it('of a reader that does not read holds the server back, and no other response', async () => {
    const total = 64 << 20;
    const piece = Buffer.alloc(64 << 10);
    let taken = 0;
    await using echo = await echoServer();
    await using server = await httpServer(async (_, response) => {
      response.setHeader('content-length', total);
      for (let sent = 0; sent < total; sent += piece.length) {
        await new Promise<void>((resolve) => response.write(piece, () => resolve()));
        taken += piece.length;
      }
      response.end();
    });
    const response = await fetch(server.origin);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let read = (await reader.read()).value?.length ?? 0;
    // Two hundred exchanges are many more turns than 64 MB need if nothing held them back.
    for (let i = 0; i < 200; i++) await echoed(fetch(echo.origin));
    expect(taken).toBeLessThan(total);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      read += part.value.length;
    }
    expect(read).toBe(total);
  });
});
