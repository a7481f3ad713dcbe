import { describe, expect, it } from 'vitest';
import { echoed, echoServer } from '../servers/echo.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { type HeadersInit, implementations, typeError } from './implementations.js';

describe.each(implementations)('$name fetch: request headers', ({ fetch }) => {
  it.each<[string, () => HeadersInit]>([
    ['an object', () => ({ 'X-A': '1', 'x-b': 'two' })],
    [
      'pairs',
      () => [
        ['X-A', '1'],
        ['x-b', 'two'],
      ],
    ],
    ['Headers', () => new Headers({ 'X-A': '1', 'x-b': 'two' })],
    [
      'a Map',
      () =>
        new Map([
          ['X-A', '1'],
          ['x-b', 'two'],
        ]) as unknown as HeadersInit,
    ],
  ])('are taken from %s', async (_, headers) => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin, { headers: headers() }));
    expect(seen.header('x-a')).toBe('1');
    expect(seen.header('x-b')).toBe('two');
  });

  it('of one name are joined in order', async () => {
    await using server = await echoServer();
    const headers = [
      ['accept', 'text/a'],
      ['x-n', '1'],
      ['Accept', 'text/b'],
      ['X-N', '2'],
    ] satisfies [string, string][];
    const seen = await echoed(fetch(server.origin, { headers }));
    expect(seen.headerValues('x-n').join(', ')).toBe('1, 2');
    expect(seen.headerValues('accept').join(', ')).toBe('text/a, text/b');
  });

  it.each([
    ['default', {}, [undefined, undefined]],
    ['no-store', {}, ['no-cache', 'no-cache']],
    ['reload', {}, ['no-cache', 'no-cache']],
    ['no-cache', {}, [undefined, 'max-age=0']],
    ['no-store', { 'Cache-Control': 'private' }, ['no-cache', 'private']],
  ] as const)(
    'of cache mode %s ask caches on the way for it, beside %o',
    async (cache, headers, expected) => {
      await using server = await echoServer();
      for (const input of [server.origin, new Request(server.origin, { cache, headers })]) {
        const seen = await echoed(fetch(input, input === server.origin ? { cache, headers } : {}));
        expect([seen.header('pragma'), seen.header('cache-control')]).toEqual(expected);
      }
    },
  );

  it('are turned into text', async () => {
    await using server = await echoServer();
    const headers = { 'x-number': 7, 'x-null': null, 'x-undefined': undefined, 'x-list': [1, 2] };
    const seen = await echoed(
      fetch(server.origin, { headers: headers as unknown as Record<string, string> }),
    );
    expect(seen.header('x-number')).toBe('7');
    expect(seen.header('x-null')).toBe('null');
    expect(seen.header('x-undefined')).toBe('undefined');
    expect(seen.header('x-list')).toBe('1,2');
  });

  it('lose white space around their values and keep it inside', async () => {
    await using server = await echoServer();
    const seen = await echoed(
      fetch(server.origin, { headers: { 'x-a': ' \t a  b \r\n', 'x-empty': '', 'x-blank': '  ' } }),
    );
    expect(seen.header('x-a')).toBe('a  b');
    expect(seen.header('x-empty')).toBe('');
    expect(seen.header('x-blank')).toBe('');
  });

  it('beyond ASCII go out as latin1', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(answer('ok'));
    });
    await (await fetch(server.origin, { headers: { 'x-a': 'café ÿ\u0080' } })).text();
    expect(server.connections[0]?.received.toString('latin1')).toMatch(/x-a: café ÿ\u0080\r\n/i);
  });

  it('may be many', async () => {
    await using server = await echoServer();
    const headers = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`x-header-${i}`, `value ${i}`]),
    );
    const seen = await echoed(fetch(server.origin, { headers }));
    for (const [name, value] of Object.entries(headers)) expect(seen.header(name)).toBe(value);
  });

  it('may be long', async () => {
    await using server = await echoServer();
    const value = 'v'.repeat(12_000);
    expect(
      (await echoed(fetch(server.origin, { headers: { 'x-long': value } }))).header('x-long'),
    ).toBe(value);
  });

  it('of authorization, cookies, user agent and accept go out as given', async () => {
    await using server = await echoServer();
    const headers = {
      authorization: 'Bearer key',
      cookie: 'a=b; c=d',
      'user-agent': 'tester/1',
      accept: 'text/event-stream',
      'content-type': 'text/x',
    };
    const seen = await echoed(fetch(server.origin, { method: 'POST', headers, body: 'b' }));
    for (const [name, value] of Object.entries(headers)) expect(seen.header(name)).toBe(value);
  });

  it('accept anything and name a user agent where the caller says nothing', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin));
    expect(seen.header('accept')).toBe('*/*');
    expect(seen.header('user-agent')).toMatch(/\S/);
  });

  it.each(['', ' ', 'x y', 'x:', 'x\r\ny', 'x\0', 'naïve', '日本', '(x)', 'x;', 'x"y'])(
    'refuse the name %j before anything is sent',
    async (name) => {
      await using server = await echoServer();
      await typeError(fetch(server.origin, { headers: { [name]: 'v' } }));
      await typeError(fetch(server.origin, { headers: [[name, 'v']] }));
      expect(server.accepted.length).toBe(0);
    },
  );

  it.each(['a\r\nx-injected: 1', 'a\nb', 'a\rb', 'a\0b', '日本', 'a\u0100'])(
    'refuse the value %j before anything is sent',
    async (value) => {
      await using server = await echoServer();
      await typeError(fetch(server.origin, { headers: { 'x-a': value } }));
      await typeError(fetch(server.origin, { headers: [['x-a', value]] }));
      expect(server.accepted.length).toBe(0);
    },
  );

  it('refuse pairs that are none', async () => {
    await using server = await echoServer();
    const broken: unknown[] = [[['x-a']], [['x-a', '1', '2']], ['xa'], 7, 'x-a: 1'];
    for (const headers of broken) {
      await typeError(fetch(server.origin, { headers: headers as HeadersInit }));
    }
    await typeError(
      fetch(server.origin, {
        headers: { 'x-a': Symbol('v') } as unknown as Record<string, string>,
      }),
    );
    expect(server.accepted.length).toBe(0);
  });

  it.each([
    ['transfer-encoding', 'chunked'],
    ['transfer-encoding', 'gzip'],
    ['keep-alive', 'timeout=5'],
    ['upgrade', 'websocket'],
    ['expect', '100-continue'],
    ['content-length', '99'],
    ['content-length', '1, 1'],
    ['content-length', 'abc'],
    ['content-length', '-1'],
  ])('refuse %s: %s, which frames the message, before anything is sent', async (name, value) => {
    await using server = await echoServer();
    const error = await typeError(
      fetch(server.origin, { method: 'POST', headers: { [name]: value }, body: 'four' }),
    );
    expect(error.message).toBe('fetch failed');
    expect(server.requestCount).toBe(0);
  });

  it('allow a content-length that is right', async () => {
    await using server = await echoServer();
    const seen = await echoed(
      fetch(server.origin, { method: 'POST', headers: { 'content-length': '4' }, body: 'four' }),
    );
    expect(seen.header('content-length')).toBe('4');
    expect(seen.text).toBe('four');
  });

  it('allow connection: close, and the connection is then not kept', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin, { headers: { connection: 'close' } }));
    expect(seen.header('connection')).toBe('close');
    await server.closed(0);
    await echoed(fetch(server.origin));
    expect(server.accepted.length).toBe(2);
  });

  it('cannot say another host than the URL does', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(server.origin, { headers: { host: 'example.test' } }));
    expect(seen.header('host')).toBe(`127.0.0.1:${server.port}`);
  });
});
