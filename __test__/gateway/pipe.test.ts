import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fetch, ProviderError, pipe, WarmlineError } from 'warmline';
import { httpServer } from '../servers/http.js';
import { Client, chunk, event, gateway, head, LAST, until, upstream, whole } from './gateway.js';

const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };
const counted = { inputTokens: 20, outputTokens: 10, totalTokens: 30 };
const delta = (content: string) => event({ choices: [{ index: 0, delta: { content } }] });

/** Where a socket can be lent: on Windows Node shows no descriptor of one. */
const native = process.platform !== 'win32';

describe('pipe', () => {
  it('passes on head and body as they come, and counts', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, {}, (response) => {
      response.setHeader('x-own', '1');
      response.setHeader('server', 'gateway');
      response.setHeader('set-cookie', 'own=1');
    });
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(
      head(
        'text/event-stream',
        'server: upstream',
        'x-request-id: abc',
        'connection: keep-alive, x-hop',
        'keep-alive: timeout=5',
        'x-hop: 1',
        'alt-svc: h3=":443"',
        'set-cookie: a=1',
        'set-cookie: b=2',
      ),
    );
    // The head alone has to reach the client.
    const response = await answer;
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-request-id': 'abc',
      'x-own': '1',
      server: 'gateway',
      'set-cookie': ['own=1', 'a=1', 'b=2'],
    });
    expect(response.headers).not.toHaveProperty('x-hop');
    expect(response.headers).not.toHaveProperty('alt-svc');
    await connection.send(chunk(delta('a')));
    expect(await until(response, '\n\n')).toBe(delta('a'));
    const rest = `${delta('é😀')}${event({ choices: [], usage })}data: [DONE]\n\n`;
    await connection.send(Buffer.from(`${chunk(rest)}${LAST}`));
    expect(await whole(response)).toBe(rest);
    expect(await proxy.report(0)).toEqual({
      end: 'complete',
      bytes: Buffer.byteLength(delta('a') + rest),
      usage: counted,
      providerError: undefined,
      error: undefined,
      native,
    });
  });

  it('leaves the connection to the next request', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin);
    using client = new Client();
    for (let turn = 0; turn < 3; turn++) {
      const answer = client.get(`${proxy.origin}/${turn}`);
      // The upstream's connection is kept as well.
      const connection = await provider.asked(0);
      await connection.send(head() + chunk(`data: ${turn}\n\n`));
      const response = await answer;
      await connection.send(chunk('data: end\n\n') + LAST);
      expect(await whole(response)).toBe(`data: ${turn}\n\ndata: end\n\n`);
    }
    expect(proxy.server.accepted).toHaveLength(1);
  });

  it('answers pipelined requests in their order', async () => {
    const provider = await httpServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${request.url}\n\n`);
      setImmediate(() => response.end('data: end\n\n'));
    });
    await using _ = provider;
    await using proxy = await gateway(provider.origin);
    const socket = connect(proxy.server.port, '127.0.0.1');
    const paths = ['/a', '/b', '/c'];
    socket.write(
      paths
        .map((path, index) => {
          const last = index === paths.length - 1 ? 'connection: close\r\n' : '';
          return `GET ${path} HTTP/1.1\r\nhost: x\r\n${last}\r\n`;
        })
        .join(''),
    );
    let text = '';
    for await (const piece of socket) text += piece;
    const bodies = text.split('HTTP/1.1 200 OK\r\n').slice(1);
    expect(bodies.map((body) => body.match(/data: .*/g))).toEqual(
      paths.map((path) => [`data: ${path}`, 'data: end']),
    );
    for (const body of bodies) expect(body.endsWith(`\r\n${LAST}`)).toBe(true);
  });

  it('passes on what came before it was called, and what comes with the end', async () => {
    await using provider = await upstream();
    let goOn: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await using proxy = await gateway(provider.origin, {}, () => waiting);
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    // More than the engine hands over at once.
    const body = Array.from({ length: 3000 }, (_, at) => delta(`${at} ${'x'.repeat(50)}`)).join('');
    await connection.send(head() + chunk(body.slice(0, 1000)));
    const sent = connection.send(chunk(body.slice(1000)) + chunk(event({ usage })) + LAST);
    goOn();
    expect(await whole(await answer)).toBe(body + event({ usage }));
    await sent;
    expect(await proxy.report(0)).toMatchObject({ end: 'complete', usage: counted });
  });

  it('stops the upstream when its client leaves, and says what was used until then', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin);
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head() + chunk(event({ usage })));
    const response = await answer;
    await until(response, '\n\n');
    response.destroy();
    await connection.peerClosed;
    expect(await proxy.report(0)).toMatchObject({ end: 'client-left', usage: counted, native });
  });

  it('says so where the client has left before', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, {}, async (response) => {
      response.destroy();
      await once(response, 'close');
    });
    using client = new Client();
    const answer = client.get(proxy.origin).catch(() => 'failed');
    const connection = await provider.asked(0);
    await connection.send(head());
    await connection.peerClosed;
    expect(await answer).toBe('failed');
    expect(await proxy.report(0)).toMatchObject({ end: 'client-left', bytes: 0 });
  });

  it('closes the connection of a client whose upstream breaks off', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin);
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head() + chunk(event({ usage })));
    const response = await answer;
    expect(await until(response, '\n\n')).toBe(event({ usage }));
    connection.reset();
    await expect(whole(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    const report = await proxy.report(0);
    expect(report).toMatchObject({ end: 'upstream-failed', usage: counted });
    expect(report.error).toBeInstanceOf(TypeError);
    expect((report.error as TypeError).cause).toBeInstanceOf(WarmlineError);
  });

  it('passes on an error that the provider reports, and reports it', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin);
    using client = new Client();
    const answer = client.get(proxy.origin);
    const failure = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const body = `event: error\n${event(failure)}`;
    const connection = await provider.asked(0);
    await connection.send(head());
    const response = await answer;
    await connection.send(chunk(body) + LAST);
    expect(await whole(response)).toBe(body);
    const { end, providerError } = await proxy.report(0);
    expect(end).toBe('complete');
    expect(providerError).toBeInstanceOf(ProviderError);
    expect(providerError).toMatchObject({
      type: 'overloaded_error',
      message: 'Overloaded',
      origin: provider.origin,
    });
  });

  it("ends with its upstream's signal", async () => {
    const stop = new AbortController();
    await using provider = await upstream();
    const reports: unknown[] = [];
    await using server = await httpServer(async (_, response) => {
      const answer = await fetch(provider.origin, { signal: stop.signal });
      reports.push(await pipe(answer, response));
    });
    using client = new Client();
    const answer = client.get(server.origin);
    const connection = await provider.asked(0);
    await connection.send(head() + chunk(event({ usage })));
    const response = await answer;
    await until(response, '\n\n');
    stop.abort('enough');
    await connection.peerClosed;
    await expect(whole(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(reports).toMatchObject([{ end: 'stopped', error: 'enough', usage: counted }]);
  });

  it('ends when somebody else ends the response, between two chunks', async () => {
    let end: () => void = () => {};
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, {}, (response) => {
      end = () => {
        response.write('data: own\n\n');
        response.end('data: last\n\n');
      };
    });
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head() + chunk(event({ usage })));
    const response = await answer;
    await until(response, '\n\n');
    end();
    expect(await whole(response)).toBe('data: own\n\ndata: last\n\n');
    await connection.peerClosed;
    expect(await proxy.report(0)).toMatchObject({ end: 'stopped', usage: counted });
    // And the connection is still good.
    const next = client.get(proxy.origin);
    const other = await provider.asked(1);
    await other.send(head() + LAST);
    expect(await whole(await next)).toBe('');
    expect(proxy.server.accepted).toHaveLength(1);
  });

  it('keeps what is written meanwhile until the body has ended', async () => {
    let write: () => void = () => {};
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, {}, (response) => {
      response.write('data: before\n\n');
      write = () => response.write('data: meanwhile\n\n');
    });
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head() + chunk('data: a\n\n'));
    const response = await answer;
    expect(await until(response, 'a\n\n')).toBe('data: before\n\ndata: a\n\n');
    write();
    await connection.send(chunk('data: b\n\n') + LAST);
    const rest = await whole(response);
    expect(rest).toContain('data: b\n\n');
    expect(rest.replace('data: b\n\n', '')).toBe('data: meanwhile\n\n');
  });

  it('goes by way of JavaScript where something changes what is written', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, {}, (response) => {
      const write = response.write;
      response.write = (piece: Buffer) => write.call(response, `<${piece}>`, 'utf8');
    });
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head());
    const response = await answer;
    await connection.send(chunk(event({ usage })));
    expect(await until(response, '>')).toBe(`<${event({ usage })}>`);
    response.destroy();
    await connection.peerClosed;
    expect(await proxy.report(0)).toMatchObject({
      end: 'client-left',
      usage: counted,
      native: false,
    });
  });

  it('does not read on while its client does not, and serves others meanwhile', async () => {
    const LIMIT = 64 * 1024 * 1024;
    const piece = `data: ${'x'.repeat(65_528)}\n\n`;
    let sent = 0;
    await using provider = await httpServer(async (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (request.url === '/large' && sent < LIMIT) {
        sent += piece.length;
        if (!response.write(piece)) await once(response, 'drain');
      }
      response.end(piece);
    });
    await using proxy = await gateway(provider.origin);
    using slow = new Client();
    const response = await slow.get(`${proxy.origin}/large`);
    response.pause();
    for (let turn = 0; turn < 20; turn++) {
      using quick = new Client();
      expect(await whole(await quick.get(`${proxy.origin}/small`))).toHaveLength(piece.length);
    }
    // What the systems' buffers take, on both sides; nothing near to all of it.
    expect(sent).toBeLessThan(LIMIT / 2);
    let read = 0;
    for await (const some of response) read += some.length;
    expect(read).toBe(LIMIT + piece.length);
  });

  it('lets a silent stream be known for alive', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, { heartbeat: 5 });
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head());
    const response = await answer;
    expect(await until(response, '\n\n')).toContain(': keep-alive\n\n');
    await connection.send(chunk('data: a\n\n'));
    expect(await until(response, 'data: a\n\n')).toMatch(/^(: keep-alive\n\n)*data: a\n\n$/);
    await connection.send(LAST);
    expect(await whole(response)).toMatch(/^(: keep-alive\n\n)*$/);
    expect(await proxy.report(0)).toMatchObject({ bytes: 9, native });
  });

  it('counts an answer that is not streamed', async () => {
    const body = JSON.stringify({ choices: [], usage }, null, 2);
    await using provider = await httpServer((_, response) => {
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(body);
    });
    await using proxy = await gateway(provider.origin);
    using client = new Client();
    const response = await client.get(proxy.origin);
    expect(response.statusCode).toBe(201);
    expect(await whole(response)).toBe(body);
    expect(await proxy.report(0)).toMatchObject({
      end: 'complete',
      bytes: body.length,
      usage: counted,
    });
  });

  it('passes on answers without a body, and questions for none', async () => {
    await using provider = await httpServer((request, response) => {
      if (request.url === '/empty') response.writeHead(204).end();
      else response.end('body');
    });
    await using proxy = await gateway(provider.origin);
    using client = new Client();
    const empty = await client.get(`${proxy.origin}/empty`);
    expect([empty.statusCode, await whole(empty)]).toEqual([204, '']);
    const response = await client.get(`${proxy.origin}/head`, 'HEAD');
    expect(await whole(response)).toBe('');
    expect(await proxy.report(1)).toMatchObject({ end: 'complete' });
  });

  it('gives a compressed body decoded, for not every client could read it', async () => {
    const text = 'data: a\n\n'.repeat(1000);
    const body = gzipSync(text);
    await using provider = await httpServer((_, response) => {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'content-encoding': 'gzip',
        'content-length': body.length,
      });
      response.end(body);
    });
    await using proxy = await gateway(provider.origin);
    const response = await globalThis.fetch(proxy.origin);
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(await response.text()).toBe(text);
  });

  it('leaves status and headers to the caller who says so', async () => {
    await using provider = await upstream();
    await using proxy = await gateway(provider.origin, { head: false }, (response) => {
      response.writeHead(202, { 'content-type': 'text/event-stream' });
    });
    using client = new Client();
    const answer = client.get(proxy.origin);
    const connection = await provider.asked(0);
    await connection.send(head('text/plain', 'x-request-id: abc') + chunk('data: a\n\n') + LAST);
    const response = await answer;
    expect(response.statusCode).toBe(202);
    expect(response.headers).not.toHaveProperty('x-request-id');
    expect(await whole(response)).toBe('data: a\n\n');
  });

  it('leads into any stream, and one half of a clone as well', async () => {
    await using provider = await upstream();
    const answer = fetch(provider.origin);
    const connection = await provider.asked(0);
    await connection.send(head());
    const response = await answer;
    const copy = response.clone();
    const [one, other] = [new PassThrough(), new PassThrough()];
    const reports = Promise.all([pipe(response, one), pipe(copy, other)]);
    await connection.send(chunk(event({ usage })) + LAST);
    for (const stream of [one, other]) {
      let text = '';
      for await (const piece of stream) text += piece;
      expect(text).toBe(event({ usage }));
    }
    expect(await reports).toMatchObject([
      { end: 'complete', usage: counted, native: false },
      { end: 'complete', usage: counted, native: false },
    ]);
  });

  it('destroys another stream with the reason why its body broke off', async () => {
    await using provider = await upstream();
    const answer = fetch(provider.origin);
    const connection = await provider.asked(0);
    await connection.send(head());
    const response = await answer;
    const to = new PassThrough();
    const report = pipe(response, to);
    connection.reset();
    const [error] = await once(to, 'error');
    expect(await report).toMatchObject({ end: 'upstream-failed', error });
  });

  it('refuses what it cannot pass on', async () => {
    await using provider = await httpServer((_, response) => response.end('body'));
    const read = await fetch(provider.origin);
    await read.text();
    expect(() => pipe(read, new PassThrough())).toThrow(TypeError);
    expect(() => pipe(new Response('body'), new PassThrough())).toThrow(TypeError);
    const ended = new PassThrough().end();
    expect(() => pipe(new Response('body'), ended)).toThrow(TypeError);
    const fresh = await fetch(provider.origin);
    expect(() => pipe(fresh, ended)).toThrow('the destination has been ended');
    expect(await fresh.text()).toBe('body');
  });
});
