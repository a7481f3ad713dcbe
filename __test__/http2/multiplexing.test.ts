import { createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpClient, type WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { bodyOf, echo, http2Server } from '../servers/http2.js';
import { httpsServer } from '../servers/https.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { portServer } from '../servers/ports.js';
import { proxyServer } from '../servers/proxy.js';
import { refusingPort } from '../servers/refusing.js';

const authority = new CertificateAuthority('Root');
const identity = authority.issue({ name: 'leaf', hosts: ['localhost', '127.0.0.1'] });
const tls = { ca: authority.cert };
const COUNT = 100;
const numbers = Array.from({ length: COUNT }, (_, number) => String(number));

/** What a hundred POSTs at once come to, each told by what it sent. */
const burst = (client: HttpClient, url: string): Promise<string[]> =>
  Promise.all(numbers.map(async (body) => (await client.request('POST', url, { body })).text()));

describe('a server that chooses HTTP/2', () => {
  it('gets a hundred POSTs at once on one connection, cold and warm', async () => {
    let there = 0;
    let release: () => void;
    const allThere = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await http2Server(identity, async (stream) => {
      const body = await bodyOf(stream);
      there += 1;
      if (there === COUNT) release();
      // None is answered before all have arrived.
      await allThere;
      stream.respond({ ':status': 200 });
      stream.end(body);
    });
    await using client = new HttpClient({ tls });
    expect(await burst(client, server.url())).toEqual(numbers);
    expect(await burst(client, server.url())).toEqual(numbers);
    expect(server.accepted.length).toBe(1);
    expect(server.streamCount).toBe(2 * COUNT);
    expect(client.getPoolMetrics()).toMatchObject({ connectionsCreatedTotal: 1 });
  });

  it('is told by the response', async () => {
    await using server = await http2Server(identity, echo);
    await using client = new HttpClient({ tls });
    const first = await client.request('POST', server.url('/a?b=c'), { body: 'x' });
    expect(first.connection).toMatchObject({ protocol: 'h2', reused: false, attempt: 1 });
    expect(first.timings.tls).toBeGreaterThan(0);
    const second = await client.request('GET', server.url());
    expect(second.connection).toMatchObject({ protocol: 'h2', reused: true });
    expect(second.connection.id).toBe(first.connection.id);
    const response = await client.fetch(server.url(), { method: 'POST', body: 'by fetch' });
    expect([response.status, response.statusText]).toEqual([200, '']);
    expect(await response.text()).toBe('by fetch');
    expect(server.accepted.length).toBe(1);
  });

  it('gets the headers that belong to it, and none about the connection', async () => {
    let asked: IncomingHttpHeaders | undefined;
    await using server = await http2Server(identity, (stream, headers) => {
      asked = headers;
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    await using client = new HttpClient({ tls });
    const response = await client.request('POST', server.url('/a?b={}'), {
      headers: { 'X-Mixed': 'Case', connection: 'close', cookie: 'a=1; b=2' },
      body: 'four',
    });
    expect(response.status).toBe(204);
    expect(asked).toMatchObject({
      ':method': 'POST',
      ':scheme': 'https',
      ':authority': `localhost:${server.port}`,
      ':path': '/a?b={}',
      'x-mixed': 'Case',
      'content-length': '4',
      cookie: 'a=1; b=2',
    });
    expect(asked).not.toHaveProperty('connection');
    expect(asked).not.toHaveProperty('host');
  });

  it('opens another connection when each stream of one is taken', async () => {
    const held: (() => void)[] = [];
    await using server = await http2Server(
      identity,
      (stream) => {
        held.push(() => echo(stream));
        if (held.length === COUNT) for (const answer of held) answer();
      },
      { settings: { maxConcurrentStreams: 40 } },
    );
    await using client = new HttpClient({ tls });
    expect(await burst(client, server.url())).toEqual(numbers);
    expect(server.accepted.length).toBe(3);
  });

  it('is kept to the cap of connections', async () => {
    await using server = await http2Server(identity, echo, {
      settings: { maxConcurrentStreams: 10 },
    });
    await using client = new HttpClient({ tls, maxConnections: 2 });
    expect(await burst(client, server.url())).toEqual(numbers);
    expect(server.accepted.length).toBe(2);
  });

  it('has its idle connection closed after its time', async () => {
    await using server = await http2Server(identity, echo);
    await using client = new HttpClient({ tls, keepaliveExpiry: 1 });
    expect((await client.request('POST', server.url(), { body: 'x' })).text()).toBe('x');
    await server.closed(0);
    expect((await client.request('POST', server.url(), { body: 'y' })).text()).toBe('y');
    expect(server.accepted.length).toBe(2);
  });

  it('needs no more than one connection to be warm', async () => {
    await using server = await http2Server(identity, echo);
    await using client = new HttpClient({ tls });
    await client.preconnect(server.origin, 10);
    expect(server.accepted.length).toBe(1);
    const response = await client.request('GET', server.url());
    expect(response.timings.connect).toBe(0);
  });
});

describe('a server that chooses HTTP/1.1', () => {
  it('gets a burst on connections side by side, after the first one', async () => {
    const held: (() => void)[] = [];
    await using server = await httpsServer(identity, (request, response) => {
      request.resume();
      held.push(() => response.end('ok'));
      if (held.length === COUNT) for (const answer of held) answer();
    });
    await using client = new HttpClient({ tls });
    expect(await burst(client, server.url('localhost'))).toEqual(numbers.map(() => 'ok'));
    expect(server.accepted.length).toBe(COUNT);
  });

  it('without ALPN is spoken to all the same', async () => {
    const server = createServer({ ...identity, ALPNProtocols: [] }, (_, response) =>
      response.end('ok'),
    );
    await using loopback = await listenOnLoopback(server);
    await using client = new HttpClient({ tls });
    const response = await client.request('GET', `https://localhost:${loopback.port}`);
    expect(response.connection.protocol).toBe('http/1.1');
  });
});

describe('http2', () => {
  it("'never' speaks HTTP/1.1 with a server that has both", async () => {
    const server = createSecureServer({ ...identity, allowHTTP1: true }, (request, response) =>
      response.end(request.httpVersion),
    );
    await using loopback = await listenOnLoopback(server as unknown as Server);
    const url = `https://localhost:${loopback.port}`;
    await using client = new HttpClient({ tls, http2: 'never' });
    expect((await client.request('GET', url)).text()).toBe('1.1');
    await using other = new HttpClient({ tls });
    expect((await other.request('GET', url)).text()).toBe('2.0');
  });

  it("'prior-knowledge' speaks HTTP/2 without TLS", async () => {
    await using server = await http2Server(undefined, echo);
    await using client = new HttpClient({ http2: 'prior-knowledge' });
    expect(await burst(client, server.url())).toEqual(numbers);
    const response = await client.request('POST', server.url(), { body: 'x' });
    expect(response.connection.protocol).toBe('h2');
    expect(server.accepted.length).toBe(1);
  });

  it("'prior-knowledge' of a server that has HTTP/1.1 alone is an error that says so", async () => {
    await using server = await portServer();
    await using client = new HttpClient({ http2: 'prior-knowledge' });
    const error = await rejection(client.request('POST', server.origin, { body: 'x' }));
    expect(error).toMatchObject({ code: 'ERR_HTTP2_SESSION_ERROR', retryable: false });
  });

  it.each([
    ['with TLS', identity, { tls }],
    ['by prior knowledge', undefined, { http2: 'prior-knowledge' }],
  ] as const)('goes through the tunnel of a proxy %s', async (_, shown, how) => {
    await using server = await http2Server(shown, echo);
    await using proxy = await proxyServer();
    await using client = new HttpClient({ ...how, proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await burst(client, server.url())).toEqual(numbers);
    expect(proxy.asked.map(({ method }) => method)).toEqual(['CONNECT']);
    expect(server.accepted.length).toBe(1);
  });

  it("'auto' speaks HTTP/1.1 without TLS", async () => {
    await using server = await portServer();
    await using client = new HttpClient({ http2: 'auto' });
    const response = await client.request('GET', server.origin);
    expect(response.connection.protocol).toBe('http/1.1');
  });
});

it('a server that cannot be reached fails each of a burst with what happened', async () => {
  const url = `https://127.0.0.1:${await refusingPort()}/`;
  await using client = new HttpClient({ tls, retry: false, circuitBreaker: false });
  const errors = await Promise.all(
    numbers.map((body) => rejection(client.request('POST', url, { body }))),
  );
  for (const error of errors as WarmlineError[]) expect(error.code).toBe('ECONNREFUSED');
});
