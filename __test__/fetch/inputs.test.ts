import { describe, expect, it } from 'vitest';
import { echoed, echoServer } from '../servers/echo.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { implementations, rejection, typeError } from './implementations.js';

describe.each(implementations)('$name fetch: what can be asked for', ({ fetch }) => {
  it('takes a string', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(`${server.origin}/a/b?c=d&e`));
    expect(seen.method).toBe('GET');
    expect(seen.url).toBe('/a/b?c=d&e');
  });

  it('takes a URL', async () => {
    await using server = await echoServer();
    expect((await echoed(fetch(new URL('/x?y=z', server.origin)))).url).toBe('/x?y=z');
  });

  it('takes any object that says its URL as text', async () => {
    await using server = await echoServer();
    const location = { toString: () => `${server.origin}/text` };
    expect((await echoed(fetch(location as unknown as string))).url).toBe('/text');
  });

  it('takes a Request with its method, headers and body', async () => {
    await using server = await echoServer();
    const request = new Request(`${server.origin}/r`, {
      method: 'PUT',
      headers: { 'x-one': '1' },
      body: 'content',
    });
    const seen = await echoed(fetch(request));
    expect(seen.method).toBe('PUT');
    expect(seen.url).toBe('/r');
    expect(seen.header('x-one')).toBe('1');
    expect(seen.text).toBe('content');
  });

  it('takes a Request of a subclass', async () => {
    await using server = await echoServer();
    class Labelled extends Request {}
    const request = new Labelled(server.origin, { method: 'POST', body: 'sub' });
    expect((await echoed(fetch(request))).text).toBe('sub');
  });

  it('lets init replace the method, headers and body of a Request', async () => {
    await using server = await echoServer();
    const request = new Request(server.origin, {
      method: 'PUT',
      headers: { 'x-one': '1', 'x-two': '2' },
      body: 'first',
    });
    const seen = await echoed(
      fetch(request, { method: 'POST', headers: { 'x-two': 'II' }, body: 'second' }),
    );
    expect(seen.method).toBe('POST');
    expect(seen.header('x-one')).toBeUndefined();
    expect(seen.header('x-two')).toBe('II');
    expect(seen.text).toBe('second');
  });

  it('keeps the headers of a Request where init names none', async () => {
    await using server = await echoServer();
    const request = new Request(server.origin, { headers: { 'x-one': '1' } });
    const seen = await echoed(fetch(request, { method: 'POST', body: 'b' }));
    expect(seen.header('x-one')).toBe('1');
    expect(seen.text).toBe('b');
  });

  it('uses up the body of a Request, and leaves one without a body usable', async () => {
    await using server = await echoServer();
    const withBody = new Request(server.origin, { method: 'POST', body: 'once' });
    await echoed(fetch(withBody));
    expect(withBody.bodyUsed).toBe(true);
    await typeError(fetch(withBody));

    const withoutBody = new Request(`${server.origin}/again`);
    await echoed(fetch(withoutBody));
    expect((await echoed(fetch(withoutBody))).url).toBe('/again');
    expect(server.requestCount).toBe(3);
  });

  it('sends a clone of a Request as often as there are clones', async () => {
    await using server = await echoServer();
    const request = new Request(server.origin, { method: 'POST', body: 'copy' });
    const clone = request.clone();
    expect((await echoed(fetch(request))).text).toBe('copy');
    expect((await echoed(fetch(clone))).text).toBe('copy');
  });

  it.each(['undefined', 'null', '{}'])('treats an init of %s as no init', async (init) => {
    await using server = await echoServer();
    const value = { undefined: undefined, null: null, '{}': {} }[init];
    expect((await echoed(fetch(server.origin, value as RequestInit))).method).toBe('GET');
  });

  it('treats members of init that are undefined as absent', async () => {
    await using server = await echoServer();
    const init = { method: undefined, headers: undefined, body: undefined, signal: undefined };
    const seen = await echoed(fetch(server.origin, init as unknown as RequestInit));
    expect(seen.method).toBe('GET');
    expect(seen.body.length).toBe(0);
  });

  it('accepts every other member that the standard names', async () => {
    await using server = await echoServer();
    const response = await fetch(server.origin, {
      mode: 'cors',
      credentials: 'omit',
      cache: 'no-store',
      keepalive: true,
      referrer: '',
      referrerPolicy: 'no-referrer',
      integrity: '',
      window: null,
    });
    expect((await echoed(response)).method).toBe('GET');
  });

  it('does not look at init after the call', async () => {
    await using server = await echoServer();
    const headers = new Headers({ 'x-when': 'before' });
    const init = { method: 'POST', headers, body: 'before' };
    const answered = fetch(server.origin, init);
    headers.set('x-when', 'after');
    init.method = 'PUT';
    init.body = 'after';
    const seen = await echoed(answered);
    expect(seen.method).toBe('POST');
    expect(seen.header('x-when')).toBe('before');
    expect(seen.text).toBe('before');
  });
});

describe.each(implementations)('$name fetch: URLs', ({ fetch }) => {
  it('sends the path and query percent-encoded, and never the fragment', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(`${server.origin}/ä b/../c?q="ö"#fragment`));
    expect(seen.url).toBe('/c?q=%22%C3%B6%22');
  });

  it('sends / for an empty path, before a query too', async () => {
    await using server = await echoServer();
    expect((await echoed(fetch(server.origin))).url).toBe('/');
    expect((await echoed(fetch(`${server.origin}?a=b`))).url).toBe('/?a=b');
  });

  it('names host and port in the host header', async () => {
    await using server = await echoServer();
    expect((await echoed(fetch(server.origin))).header('host')).toBe(`127.0.0.1:${server.port}`);
  });

  it('resolves localhost', async () => {
    await using server = await echoServer();
    const seen = await echoed(fetch(`http://localhost:${server.port}/named`));
    expect(seen.header('host')).toBe(`localhost:${server.port}`);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'nonsense'],
    ['a relative path', '/v1/models'],
    ['no host', 'http://'],
    ['a space in the host', 'http://exa mple/'],
    ['a port out of range', 'http://127.0.0.1:65536/'],
    ['a broken IPv6 address', 'http://[::1/'],
  ])('refuses %s', async (_, url) => {
    await typeError(fetch(url));
  });

  it.each(['ftp://127.0.0.1/', 'file:///etc/hostname', 'ws://127.0.0.1/', 'mailto:a@b', 'nope:x'])(
    'refuses the scheme of %s',
    async (url) => {
      expect((await typeError(fetch(url))).message).toBe('fetch failed');
    },
  );

  // WHATWG fetch, "port blocking".
  it.each([1, 22, 25, 6000, 6667, 10080])('refuses the blocked port %i', async (port) => {
    expect((await typeError(fetch(`http://127.0.0.1:${port}/`))).message).toBe('fetch failed');
  });

  it('refuses credentials in the URL', async () => {
    await using server = await echoServer();
    await typeError(fetch(`http://user:secret@127.0.0.1:${server.port}/`));
    await typeError(fetch(`http://user@127.0.0.1:${server.port}/`));
    expect(server.accepted.length).toBe(0);
  });

  it('rejects without an argument, and never throws synchronously', async () => {
    const bare = fetch as unknown as () => Promise<Response>;
    await typeError(bare());
    const unprintable = {
      toString() {
        throw new RangeError('no text');
      },
    };
    const error = await rejection(fetch(unprintable as unknown as string));
    expect(error).toBeInstanceOf(RangeError);
  });
});

describe.each(implementations)('$name fetch: methods', ({ fetch }) => {
  it.each(['get', 'Post', 'pUT', 'delete', 'options'])('sends %s in upper case', async (method) => {
    await using server = await echoServer();
    expect((await echoed(fetch(server.origin, { method }))).method).toBe(method.toUpperCase());
  });

  it('sends head in upper case', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n');
    });
    expect((await fetch(server.origin, { method: 'head' })).status).toBe(200);
    expect(server.connections[0]?.received.toString()).toMatch(/^HEAD \/ HTTP\/1\.1\r\n/);
  });

  it.each(['PATCH', 'PROPFIND', 'purge', "x!#$%&'*+-.^_`|~9"])(
    'sends %s as it is',
    async (method) => {
      await using server = await scriptedServer(async (connection) => {
        await connection.request();
        await connection.send(answer('ok'));
      });
      expect(await (await fetch(server.origin, { method })).text()).toBe('ok');
      expect(server.connections[0]?.received.toString('latin1').split(' ')[0]).toBe(method);
    },
  );

  it.each(['CONNECT', 'trace', 'Track'])('refuses %s', async (method) => {
    await using server = await echoServer();
    await typeError(fetch(server.origin, { method }));
    expect(server.accepted.length).toBe(0);
  });

  it.each(['', ' ', 'GET ', 'a b', 'GET\r\nx: y', 'é', 'a/b'])('refuses %j', async (method) => {
    await using server = await echoServer();
    await typeError(fetch(server.origin, { method }));
    expect(server.accepted.length).toBe(0);
  });

  it.each(['GET', 'HEAD', 'get'])('refuses a body with %s', async (method) => {
    await using server = await echoServer();
    await typeError(fetch(server.origin, { method, body: 'x' }));
    await typeError(fetch(server.origin, { method, body: '' }));
    expect(server.accepted.length).toBe(0);
  });

  it('refuses a body without a method', async () => {
    await using server = await echoServer();
    await typeError(fetch(server.origin, { body: 'x' }));
    expect(server.accepted.length).toBe(0);
  });
});

describe.each(implementations)('$name fetch: options that make no sense', ({ fetch }) => {
  it.each([
    ['an unknown redirect mode', { redirect: 'perhaps' }],
    ['an unknown mode', { mode: 'sideways' }],
    ['the mode navigate', { mode: 'navigate' }],
    ['an unknown credentials mode', { credentials: 'some' }],
    ['an unknown cache mode', { cache: 'warm' }],
    ['only-if-cached across origins', { cache: 'only-if-cached' }],
    ['an unknown duplex', { method: 'POST', body: 'x', duplex: 'full' }],
    ['a signal that is none', { signal: {} }],
    ['a window', { window: {} }],
    ['an init that is a number', 1],
    ['an init that is text', 'POST'],
  ])('refuses %s', async (_, init) => {
    await using server = await echoServer();
    await typeError(fetch(server.origin, init as RequestInit));
    expect(server.accepted.length).toBe(0);
  });
});
