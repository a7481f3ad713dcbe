import { describe, expect, it } from 'vitest';
import { fetch as warmlineFetch } from 'warmline';
import { echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { answer, type ScriptedServer, scriptedServer } from '../servers/scripted.js';
import { HANDED_BACK_LATE, implementations } from './implementations.js';

/** Answers the first request of each connection with exactly these bytes and closes. */
async function saying(bytes: string): Promise<ScriptedServer> {
  return await scriptedServer(async (connection) => {
    await connection.request();
    connection.end(bytes);
  });
}

describe.each(implementations)('$name fetch: a response', ({ fetch }) => {
  it('is a Response with Headers', async () => {
    await using server = await echoServer();
    const response = await fetch(server.origin);
    expect(response).toBeInstanceOf(Response);
    expect(response.headers).toBeInstanceOf(Headers);
    expect(response.body).toBeInstanceOf(ReadableStream);
    expect(Object.prototype.toString.call(response)).toBe('[object Response]');
    expect(Object.prototype.toString.call(response.headers)).toBe('[object Headers]');
    await response.text();
  });

  it('says the URL without its fragment, and that it is basic and not redirected', async () => {
    await using server = await echoServer();
    const response = await fetch(`${server.origin}/a/../b?c#d`);
    expect(response.url).toBe(`${server.origin}/b?c`);
    expect(response.redirected).toBe(false);
    expect(response.type).toBe('basic');
    expect(response.headers).toBe(response.headers);
    await response.text();
  });

  it.each([
    [200, true],
    [201, true],
    [206, true],
    [299, true],
    [300, false],
    [400, false],
    [404, false],
    [429, false],
    [500, false],
    [529, false],
    [599, false],
  ])('with status %i is ok: %s', async (status, ok) => {
    await using server = await httpServer((_, response) => response.writeHead(status).end('body'));
    const response = await fetch(server.origin);
    expect(response.status).toBe(status);
    expect(response.ok).toBe(ok);
    expect(await response.text()).toBe('body');
  });

  it.each([
    ['OK', 'OK'],
    ['Very Well Indeed', 'Very Well Indeed'],
    ['', ''],
  ])('keeps the reason %j', async (said, statusText) => {
    await using server = await saying(`HTTP/1.1 200 ${said}\r\ncontent-length: 0\r\n\r\n`);
    expect((await fetch(server.origin)).statusText).toBe(statusText);
  });

  it('without any reason has an empty status text', async () => {
    await using server = await saying('HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n');
    const response = await fetch(server.origin);
    expect(response.status).toBe(200);
    expect(response.statusText).toBe('');
  });

  it.each([204, 304])('with status %i has no body', async (status) => {
    await using server = await httpServer((_, response) => response.writeHead(status).end());
    const response = await fetch(server.origin);
    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
    expect(await response.text()).toBe('');
    expect(response.bodyUsed).toBe(false);
    for (let i = 0; i < 4; i++) await (await fetch(server.origin)).text();
    expect(server.accepted.length).toBeLessThanOrEqual(HANDED_BACK_LATE);
  });

  it('to HEAD has no bytes whatever its content-length says', async () => {
    await using server = await httpServer((_, response) =>
      response.writeHead(200, { 'content-length': 1000 }).end(),
    );
    const response = await fetch(server.origin, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('1000');
    expect(await response.text()).toBe('');
  });

  it('comes after any number of informational ones', async () => {
    await using server = await saying(
      [
        'HTTP/1.1 102 Processing\r\n\r\n',
        'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
        'HTTP/1.1 103 Early Hints\r\nlink: </b>\r\n\r\n',
        answer('final', 'x-final: yes'),
      ].join(''),
    );
    const response = await fetch(server.origin);
    expect(response.status).toBe(200);
    expect(response.headers.get('link')).toBeNull();
    expect(response.headers.get('x-final')).toBe('yes');
    expect(await response.text()).toBe('final');
  });

  it('whose head comes byte by byte is read all the same', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      for (const byte of answer('slow', 'x-slow: yes')) await connection.send(byte);
    });
    const response = await fetch(server.origin);
    expect(response.headers.get('x-slow')).toBe('yes');
    expect(await response.text()).toBe('slow');
  });
});

// RFC 9110, 15.2: a client reads informational responses that it did not ask for. Node's own fetch refuses this one.
describe('warmline fetch: a response', () => {
  it('comes after a 100 that nobody expected', async () => {
    await using server = await saying(`HTTP/1.1 100 Continue\r\n\r\n${answer('final')}`);
    const response = await warmlineFetch(server.origin);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('final');
  });

  it('to HEAD leaves the connection for the next request', async () => {
    await using server = await httpServer((_, response) =>
      response.writeHead(200, { 'content-length': 1000 }).end(),
    );
    for (let i = 0; i < 5; i++) await warmlineFetch(server.origin, { method: 'HEAD' });
    expect(server.accepted.length).toBe(1);
  });

  // RFC 9110, 5.5: white space around a value is no part of it. Node's own fetch keeps what follows.
  it('has headers without the white space after their values', async () => {
    await using server = await saying(answer('', 'x-a: \t a  b \t '));
    expect((await warmlineFetch(server.origin)).headers.get('x-a')).toBe('a  b');
  });
});

describe.each(implementations)('$name fetch: response headers', ({ fetch }) => {
  it('are found under any case and listed in lower case, sorted', async () => {
    await using server = await saying(answer('', 'X-Beta: b', 'x-alpha: a', 'ETag: "t"'));
    const { headers } = await fetch(server.origin);
    expect(headers.get('X-BETA')).toBe('b');
    expect(headers.has('etag')).toBe(true);
    expect(headers.has('x-gamma')).toBe(false);
    expect(headers.get('x-gamma')).toBeNull();
    const listed = [
      ['content-length', '0'],
      ['etag', '"t"'],
      ['x-alpha', 'a'],
      ['x-beta', 'b'],
    ];
    expect([...headers]).toEqual(listed);
    expect([...headers.entries()]).toEqual(listed);
    expect([...headers.keys()]).toEqual(listed.map(([name]) => name));
    expect([...headers.values()]).toEqual(listed.map(([, value]) => value));
    const each: unknown[] = [];
    const receiver = {};
    headers.forEach(function (this: unknown, value, name, owner) {
      expect(this).toBe(receiver);
      expect(owner).toBe(headers);
      each.push([name, value]);
    }, receiver);
    expect(each).toEqual(listed);
  });

  it('of one name are joined with a comma', async () => {
    await using server = await saying(answer('', 'x-n: 1', 'vary: a', 'X-N: 2', 'x-n: 3'));
    const { headers } = await fetch(server.origin);
    expect(headers.get('x-n')).toBe('1, 2, 3');
  });

  it('keep each Set-Cookie apart', async () => {
    const cookies = ['a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT', 'b=2', 'a=3'];
    await using server = await saying(
      answer('', 'x-a: 1', ...cookies.map((cookie) => `Set-Cookie: ${cookie}`), 'x-b: 2'),
    );
    const { headers } = await fetch(server.origin);
    expect(headers.getSetCookie()).toEqual(cookies);
    expect(headers.get('set-cookie')).toBe(cookies.join(', '));
    expect([...headers].filter(([name]) => name === 'set-cookie')).toEqual(
      cookies.map((cookie) => ['set-cookie', cookie]),
    );
    expect(new Headers(headers).getSetCookie()).toEqual(cookies);
  });

  it('have no cookies where none are set', async () => {
    await using server = await saying(answer(''));
    expect((await fetch(server.origin)).headers.getSetCookie()).toEqual([]);
  });

  it('cannot be changed', async () => {
    await using server = await saying(answer('', 'x-a: 1'));
    const { headers } = await fetch(server.origin);
    expect(() => headers.set('x-a', '2')).toThrow(TypeError);
    expect(() => headers.append('x-b', '2')).toThrow(TypeError);
    expect(() => headers.delete('x-a')).toThrow(TypeError);
    expect(headers.get('x-a')).toBe('1');
  });

  it('can be copied, and the copy changed', async () => {
    await using server = await saying(answer('', 'x-a: 1'));
    const response = await fetch(server.origin);
    const copy = new Headers(response.headers);
    copy.set('x-a', '2');
    expect(copy.get('x-a')).toBe('2');
    expect(response.headers.get('x-a')).toBe('1');
    const other = new Response(null, { headers: response.headers });
    expect(other.headers.get('x-a')).toBe('1');
    expect(Object.fromEntries(response.headers)).toEqual({ 'content-length': '0', 'x-a': '1' });
  });

  it('refuse to look for names that are none', async () => {
    await using server = await saying(answer(''));
    const { headers } = await fetch(server.origin);
    expect(() => headers.get('a b')).toThrow(TypeError);
    expect(() => headers.has('')).toThrow(TypeError);
  });

  it('lose white space before their values and keep it inside', async () => {
    await using server = await saying(answer('', 'x-a:   a  b', 'x-empty:', 'x-blank:   '));
    const { headers } = await fetch(server.origin);
    expect(headers.get('x-a')).toBe('a  b');
    expect(headers.get('x-empty')).toBe('');
    expect(headers.get('x-blank')).toBe('');
    expect(headers.has('x-empty')).toBe(true);
  });

  it('beyond ASCII are read as latin1', async () => {
    await using server = await saying(answer('', 'x-a: café \xff'));
    expect((await fetch(server.origin)).headers.get('x-a')).toBe('café \xff');
  });

  it('may be many and long', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `x-${i}: ${'v'.repeat(100)}${i}`);
    await using server = await saying(answer('', ...lines));
    const { headers } = await fetch(server.origin);
    for (let i = 0; i < lines.length; i++) {
      expect(headers.get(`x-${i}`)).toBe(`${'v'.repeat(100)}${i}`);
    }
  });

  it('stay readable after the body and the next response', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => {
      count += 1;
      response.setHeader('x-count', String(count)).end('body');
    });
    const first = await fetch(server.origin);
    await first.text();
    for (let i = 0; i < 10; i++) await (await fetch(server.origin)).text();
    expect(first.headers.get('x-count')).toBe('1');
  });
});
