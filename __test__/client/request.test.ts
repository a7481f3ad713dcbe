import { describe, expect, it } from 'vitest';
import { ClientResponse, HttpClient, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { Echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { portServer } from '../servers/ports.js';
import { refusingOrigin } from '../servers/refusing.js';
import { answer, scriptedServer } from '../servers/scripted.js';

async function seenBy(client: HttpClient, origin: string, options: object): Promise<Echoed> {
  return new Echoed((await client.request('POST', origin, options)).json());
}

describe('a response of HttpClient.request', () => {
  it('is whole, and read without waiting', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(201, { 'x-a': '1', 'content-type': 'application/json' });
      response.end('{"a":["ü"]}');
    });
    await using client = new HttpClient();
    const response = await client.request('GET', server.origin);
    expect(response).toBeInstanceOf(ClientResponse);
    expect([response.status, response.ok]).toEqual([201, true]);
    expect(response.json()).toEqual({ a: ['ü'] });
    expect(response.text()).toBe('{"a":["ü"]}');
    expect(Buffer.from(response.bytes()).toString()).toBe('{"a":["ü"]}');
    expect(response.body).toEqual(response.bytes());
    expect(response.headers.get('X-A')).toBe('1');
    expect(response.headers).toBeInstanceOf(Headers);
  });

  it('gives bytes of its own at each call', async () => {
    await using server = await httpServer((_, response) => response.end('abc'));
    await using client = new HttpClient();
    const response = await client.request('GET', server.origin);
    response.bytes().fill(0);
    response.body.fill(0);
    expect(response.text()).toBe('abc');
    expect(response.bytes().buffer.byteLength).toBe(3);
  });

  it.each([0, 1, 1000, 65_536, 65_537, 1_000_000, 20_000_000])(
    'of %i bytes comes byte for byte',
    async (size) => {
      const bytes = Buffer.alloc(size);
      for (let i = 0; i < size; i++) bytes[i] = (i * 31) % 256;
      await using server = await httpServer((_, response) => response.end(bytes));
      await using client = new HttpClient();
      const response = await client.request('GET', server.origin);
      expect(bytes.equals(response.bytes())).toBe(true);
    },
  );

  it.each(['ascii', 'ümläut', '你好 👋', '\ufeffmarked', 'a\u0000b'])(
    'decodes %j as fetch would',
    async (text) => {
      await using server = await httpServer((_, response) => response.end(text));
      await using client = new HttpClient();
      const response = await client.request('GET', server.origin);
      expect(response.text()).toBe(await new Response(text).text());
      expect(Buffer.from(response.bytes()).toString()).toBe(text);
    },
  );

  it('that is not UTF-8 is decoded with replacement characters', async () => {
    await using server = await httpServer((_, response) => response.end(Buffer.from([97, 255])));
    await using client = new HttpClient();
    const response = await client.request('GET', server.origin);
    expect(response.text()).toBe('a\ufffd');
    expect([...response.bytes()]).toEqual([97, 255]);
  });

  it('that is not JSON throws a SyntaxError when it is read as such', async () => {
    await using server = await httpServer((_, response) => response.end('<html>'));
    await using client = new HttpClient();
    const response = await client.request('GET', server.origin);
    expect(() => response.json()).toThrow(SyntaxError);
    expect(response.text()).toBe('<html>');
  });

  it.each([204, 304])('with status %i is empty', async (status) => {
    await using server = await httpServer((_, response) => response.writeHead(status).end());
    await using client = new HttpClient();
    for (let i = 0; i < 3; i++) {
      const response = await client.request('GET', server.origin);
      expect([response.status, response.text()]).toEqual([status, '']);
    }
    expect(server.accepted.length).toBe(1);
  });

  it('to HEAD has headers and no body', async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader('content-length', 5);
      response.end('12345');
    });
    await using client = new HttpClient();
    for (let i = 0; i < 3; i++) {
      const response = await client.request('HEAD', server.origin);
      expect([response.text(), response.headers.get('content-length')]).toEqual(['', '5']);
    }
    expect(server.accepted.length).toBe(1);
  });

  it('with an error status is a response', async () => {
    await using server = await httpServer((_, response) => response.writeHead(500).end('why'));
    await using client = new HttpClient();
    const response = await client.request('GET', server.origin);
    expect([response.status, response.ok, response.text()]).toEqual([500, false, 'why']);
  });

  it('keeps several cookies apart', async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.end();
    });
    await using client = new HttpClient();
    const { headers } = await client.request('GET', server.origin);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('says which connection it came on, and where the time went', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    const first = await client.request('GET', server.origin);
    const second = await client.request('GET', server.origin);
    expect(second.text()).toBe(first.text());
    expect(first.connection).toMatchObject({ reused: false, protocol: 'http/1.1', attempt: 1 });
    expect(second.connection).toEqual({ ...first.connection, reused: true });
    expect(first.timings.connect).toBeGreaterThan(0);
    expect(first.timings.queue).toBeGreaterThanOrEqual(first.timings.connect);
    expect(second.timings.connect).toBe(0);
    for (const { timings } of [first, second]) {
      expect(timings.firstByte).toBeGreaterThan(0);
      for (const time of Object.values(timings)) expect(time).toBeGreaterThanOrEqual(0);
    }
  });

  it('follows redirects', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/to') response.end('there');
      else response.writeHead(302, { location: '/to' }).end();
    });
    await using client = new HttpClient();
    expect((await client.request('GET', `${server.origin}/from`)).text()).toBe('there');
  });
});

describe('HttpClient.request sends', () => {
  it('method, URL, headers', async () => {
    await using server = await echoServer();
    await using client = new HttpClient();
    for (const headers of [
      { 'X-A': '1', 'x-b': '2' },
      new Headers({ 'x-a': '1', 'x-b': '2' }),
      [
        ['x-a', '1'],
        ['x-b', '2'],
      ] as [string, string][],
    ]) {
      const url = new URL(`${server.origin}/p%20q?a=1&b=ü#fragment`);
      const seen = new Echoed((await client.request('put', url, { headers })).json());
      expect([seen.method, seen.url]).toEqual(['PUT', '/p%20q?a=1&b=%C3%BC']);
      expect([seen.header('x-a'), seen.header('x-b')]).toEqual(['1', '2']);
    }
  });

  it.each([
    ['text', 'grüße 👋', 'text/plain;charset=UTF-8'],
    ['a long text', 'ü'.repeat(200_000), 'text/plain;charset=UTF-8'],
    ['bytes', new TextEncoder().encode('grüße'), undefined],
    ['a part of a buffer', Buffer.from('xgrüßex').subarray(1, -1), undefined],
    ['an ArrayBuffer', new TextEncoder().encode('abc').buffer, undefined],
    [
      'form fields',
      new URLSearchParams({ a: 'ü', b: '1 2' }),
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['nothing', null, undefined],
    ['an empty text', '', 'text/plain;charset=UTF-8'],
  ] as const)('%s', async (_, body, type) => {
    await using server = await echoServer();
    await using client = new HttpClient();
    const seen = await seenBy(client, server.origin, { body });
    const expected = body === null ? '' : await new Response(body as string).text();
    expect(seen.text).toBe(expected);
    expect(seen.header('content-type')).toBe(type);
    expect(seen.header('content-length')).toBe(String(Buffer.byteLength(expected)));
  });

  it("the caller's own content type", async () => {
    await using server = await echoServer();
    await using client = new HttpClient();
    const headers = { 'Content-Type': 'application/json' };
    const seen = await seenBy(client, server.origin, { body: '{}', headers });
    expect(seen.headerValues('content-type')).toEqual(['application/json']);
  });

  it('many requests at once, each answered with its own', async () => {
    await using server = await echoServer();
    await using client = new HttpClient({ maxConnections: 20 });
    const bodies = Array.from({ length: 300 }, (_, i) => `${i}`.repeat(i));
    const seen = await Promise.all(
      bodies.map(async (body) => (await seenBy(client, server.origin, { body })).text),
    );
    expect(seen).toEqual(bodies);
    expect(server.accepted.length).toBeLessThanOrEqual(20);
  });
});

describe('HttpClient.request rejects', () => {
  it.each([
    ['a URL that is none', 'GET', 'nonsense', {}, 'ERR_INVALID_URL'],
    ['another scheme', 'GET', 'ftp://127.0.0.1', {}, 'ERR_INVALID_PROTOCOL'],
    ['a method that is none', 'G ET', 'http://127.0.0.1', {}, 'ERR_INVALID_HTTP_TOKEN'],
    [
      'a header name that is none',
      'GET',
      'http://127.0.0.1',
      { headers: { 'a b': '1' } },
      'ERR_INVALID_HTTP_TOKEN',
    ],
    [
      'a header value that is none',
      'GET',
      'http://127.0.0.1',
      { headers: { a: 'x\r\ny: 1' } },
      'ERR_INVALID_CHAR',
    ],
    ['a body with GET', 'GET', 'http://127.0.0.1', { body: 'x' }, 'ERR_INVALID_ARG_VALUE'],
  ])('%s', async (_, method, url, options, code) => {
    await using client = new HttpClient();
    const error = await rejection(client.request(method, url, options));
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({ code, phase: 'pool' });
  });

  it.each([
    ['a streamed body', { body: new Blob(['x']) }],
    ['a signal that is none', { signal: {} }],
    ['headers that are none', { headers: 5 }],
    ['a timeout that is none', { timeout: 'soon' }],
  ])('%s, and then still closes', async (_, options) => {
    const client = new HttpClient();
    const error = await rejection(client.request('POST', 'http://127.0.0.1', options as object));
    expect(error).toBeInstanceOf(TypeError);
    await client.close();
  });

  it.each([
    ['timeout', { timeout: 0 }],
    ['timeout.idle', { timeout: { idle: '5s' } }],
    ['timeout.read', { timeout: { read: 5 } }],
    ['compress', { compress: 'br' }],
    ['priority', { priority: 'urgent' }],
    ['affinity', { affinity: '' }],
    ['affinity', { affinity: 5 }],
    ['retry', { retry: 3 }],
    ['hedge', { hedge: 'yes' }],
    ['connection', { connection: 'conn_0' }],
  ])('%s in %o, by fetch and for events, too, and connects to nobody', async (option, options) => {
    await using server = await portServer();
    await using client = new HttpClient();
    const given = options as object;
    for (const asked of [
      client.request('GET', server.origin, given),
      client.fetch(server.origin, given),
      client.events(server.origin, given).next(),
    ]) {
      const error = await rejection(asked);
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect((error as Error).message).toMatch(
        new RegExp(`^${option} (must be .*, not |is unknown; there are )`),
      );
    }
    expect(client.getPoolMetrics().connectionsCreatedTotal).toBe(0);
    expect(server.accepted).toHaveLength(0);
  });

  it('with why a connection could not be made', async () => {
    await using client = new HttpClient({ retry: false });
    const origin = await refusingOrigin();
    const error = await rejection(client.request('GET', `${origin}/x`));
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      phase: 'connect',
      origin,
      retryable: true,
    });
    expect(client.getPoolMetrics()).toMatchObject({ connectionErrorsTotal: 1, errorCount: 1 });
  });

  it('a response that breaks off', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      connection.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234');
    });
    await using client = new HttpClient();
    const error = await rejection(client.request('GET', server.origin));
    expect(error).toMatchObject({ name: 'WarmlineError', phase: 'body' });
  });

  it('with the reason of its signal, before, during and in the middle of the body', async () => {
    await using server = await scriptedServer(async (connection) => {
      const { target } = await connection.request();
      if (target === '/begun') await connection.send(answer('x'.repeat(100)).slice(0, -50));
    });
    await using client = new HttpClient();
    const reason = new Error('why');
    const before = AbortSignal.abort(reason);
    expect(await rejection(client.request('GET', server.origin, { signal: before }))).toBe(reason);
    expect(server.connections.length).toBe(0);
    for (const [index, path] of ['/silent', '/begun'].entries()) {
      const abort = new AbortController();
      const { signal } = abort;
      const failed = rejection(client.request('GET', server.origin + path, { signal }));
      const connection = await server.connection(index);
      await connection.bytes(1);
      abort.abort(reason);
      expect(await failed).toBe(reason);
      await connection.peerClosed;
    }
  });

  it('a thousand requests on one signal without a warning', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ maxConnections: 10 });
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    const abort = new AbortController();
    const failed = Array.from({ length: 1000 }, () =>
      rejection(client.request('GET', server.origin, { signal: abort.signal })),
    );
    abort.abort();
    expect(new Set(await Promise.all(failed))).toEqual(new Set([abort.signal.reason]));
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});
