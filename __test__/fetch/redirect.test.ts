import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { redirectPath, redirectServer } from '../servers/redirect.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { type BodyInit, implementations, typeError } from './implementations.js';

const REDIRECTS = [301, 302, 303, 307, 308];

describe.each(implementations)('$name fetch: a redirect', ({ fetch }) => {
  it.each(REDIRECTS)('of status %i is followed', async (status) => {
    await using server = await redirectServer();
    const response = await fetch(`${server.origin}${redirectPath(status, '/there?q')}`);
    expect(response.redirected).toBe(true);
    expect(response.url).toBe(`${server.origin}/there?q`);
    expect(response.status).toBe(200);
    expect((await echoed(response)).url).toBe('/there?q');
  });

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [301, 'PUT', 'PUT', 'content'],
    [302, 'DELETE', 'DELETE', 'content'],
    [307, 'POST', 'POST', 'content'],
    [308, 'POST', 'POST', 'content'],
    [307, 'PUT', 'PUT', 'content'],
  ])('of status %i turns %s into %s with the body %j', async (status, method, then, body) => {
    await using server = await redirectServer();
    const seen = await echoed(
      fetch(`${server.origin}${redirectPath(status, '/end')}`, {
        method,
        headers: { 'content-type': 'text/x', 'content-language': 'de', 'x-kept': 'yes' },
        body: 'content',
      }),
    );
    expect(seen.method).toBe(then);
    expect(seen.text).toBe(body);
    expect(seen.header('content-type')).toBe(body === '' ? undefined : 'text/x');
    expect(seen.header('content-language')).toBe(body === '' ? undefined : 'de');
    expect(seen.header('content-length')).toBe(body === '' ? undefined : '7');
    expect(seen.header('x-kept')).toBe('yes');
  });

  it.each(REDIRECTS)('of status %i leaves HEAD a HEAD', async (status) => {
    const methods: (string | undefined)[] = [];
    await using server = await httpServer((request, response) => {
      methods.push(request.method);
      if (request.url === '/end') response.end();
      else response.writeHead(status, { location: '/end' }).end();
    });
    await fetch(server.origin, { method: 'HEAD' });
    expect(methods).toEqual(['HEAD', 'HEAD']);
  });

  it.each<[string, () => BodyInit, string]>([
    ['text', () => 'content', 'content'],
    ['bytes', () => Buffer.from('content'), 'content'],
    ['a Blob', () => new Blob(['content']), 'content'],
    ['URLSearchParams', () => new URLSearchParams('a=b'), 'a=b'],
  ])('of status 307 sends %s again', async (_, body, text) => {
    await using server = await redirectServer();
    const url = `${server.origin}${redirectPath(307, '/end')}`;
    expect((await echoed(fetch(url, { method: 'POST', body: body() }))).text).toBe(text);
  });

  it('of status 307 sends the text of a Request again', async () => {
    await using server = await redirectServer();
    const url = `${server.origin}${redirectPath(307, '/end')}`;
    const request = new Request(url, { method: 'POST', body: 'content' });
    expect((await echoed(fetch(request))).text).toBe('content');
  });

  it('of status 307 sends a large Blob or buffer again', async () => {
    await using server = await redirectServer();
    const url = `${server.origin}${redirectPath(307, '/end')}`;
    const large = Buffer.alloc(5 << 20, 'large');
    for (const body of [new Blob([large]), large]) {
      const seen = await echoed(fetch(url, { method: 'POST', body }));
      expect(seen.body.equals(large)).toBe(true);
    }
  });

  it.each(['at once', 'once it was read'])(
    'of status 308 sends a Blob again that is read as it is sent, answered %s',
    async (when) => {
      await using server = await httpServer(async (request, response) => {
        if (request.url === '/' && when === 'at once') {
          request.resume();
          response.writeHead(308, { location: '/end' }).end();
          return;
        }
        const digest = createHash('sha256');
        for await (const piece of request) digest.update(piece as Buffer);
        if (request.url === '/') response.writeHead(308, { location: '/end' }).end();
        else response.end(digest.digest('hex'));
      });
      const body = new Blob([randomBytes(17 << 20), 'the end']);
      const sum = createHash('sha256').update(Buffer.from(await body.arrayBuffer()));
      const response = await fetch(server.origin, { method: 'POST', body });
      expect(await response.text()).toBe(sum.digest('hex'));
      expect(server.requestCount).toBe(2);
    },
  );

  it('of status 307 sends a form again', async () => {
    await using server = await redirectServer();
    const form = new FormData();
    form.append('file', new File(['content'], 'f.txt'));
    const url = `${server.origin}${redirectPath(307, '/end')}`;
    const seen = await echoed(fetch(url, { method: 'POST', body: form }));
    expect(seen.text).toContain('filename="f.txt"');
    expect(seen.text).toContain('content');
  });

  it.each([307, 308, 301])(
    'of status %i fails where a stream would have to be sent again',
    async (status) => {
      await using server = await redirectServer();
      const body = ReadableStream.from([Buffer.from('once')]);
      const method = status === 301 ? 'PUT' : 'POST';
      const url = `${server.origin}${redirectPath(status, '/end')}`;
      const error = await typeError(fetch(url, { method, body, duplex: 'half' }));
      expect(error.message).toBe('fetch failed');
      expect(server.requestCount).toBe(1);
    },
  );

  it('of status 303 follows where a stream need not be sent again', async () => {
    await using server = await redirectServer();
    const body = ReadableStream.from([Buffer.from('once')]);
    const url = `${server.origin}${redirectPath(303, '/end')}`;
    const seen = await echoed(fetch(url, { method: 'POST', body, duplex: 'half' }));
    expect(seen.method).toBe('GET');
    expect(seen.header('transfer-encoding')).toBeUndefined();
  });

  it('is followed twenty times and no more', async () => {
    await using server = await redirectServer();
    const response = await fetch(`${server.origin}/hops/20`);
    expect((await echoed(response)).url).toBe('/hops/0');
    expect(server.requestCount).toBe(21);
    expect((await typeError(fetch(`${server.origin}/hops/21`))).message).toBe('fetch failed');
    expect(server.requestCount).toBe(42);
  });

  it('to itself ends in an error', async () => {
    await using server = await redirectServer();
    expect((await typeError(fetch(`${server.origin}/loop`))).message).toBe('fetch failed');
    expect(server.requestCount).toBe(21);
  });

  it.each([
    ['/absolute', '/absolute'],
    ['relative', '/a/relative'],
    ['../up?x', '/up?x'],
    ['?query', '/a/b?query'],
    ['', '/a/b'],
  ])('to %j is relative to where it came from', async (location, path) => {
    let first = true;
    await using server = await httpServer((request, response) => {
      if (first) response.writeHead(302, { location }).end();
      else response.end(request.url);
      first = false;
    });
    expect(await (await fetch(`${server.origin}/a/b`)).text()).toBe(path);
  });

  it('to another host without a scheme keeps the scheme', async () => {
    await using target = await echoServer();
    await using server = await redirectServer();
    const response = await fetch(
      `${server.origin}${redirectPath(302, `//127.0.0.1:${target.port}/there`)}`,
    );
    expect(response.url).toBe(`${target.origin}/there`);
    await response.text();
  });

  it('that is not ASCII is read as UTF-8', async () => {
    await using server = await scriptedServer(async (connection) => {
      const request = await connection.request();
      if (request.target !== '/') connection.end(answer(request.target));
      else {
        const location = Buffer.from('/日本').toString('latin1');
        connection.end(
          `HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\nlocation: ${location}\r\n\r\n`,
        );
      }
    });
    expect(await (await fetch(server.origin)).text()).toBe('/%E6%97%A5%E6%9C%AC');
  });

  it('keeps the fragment out of the URL and off the wire', async () => {
    await using server = await redirectServer();
    const url = `${server.origin}${redirectPath(302, '/end#new')}#old`;
    const response = await fetch(url);
    expect(response.url).toBe(`${server.origin}/end`);
    expect((await echoed(response)).url).toBe('/end');
  });

  it.each(REDIRECTS)('of status %i without a location is the response', async (status) => {
    await using server = await redirectServer();
    const response = await fetch(`${server.origin}/nowhere?status=${status}`);
    expect(response.status).toBe(status);
    expect(response.redirected).toBe(false);
    expect(await response.text()).toBe('nowhere');
  });

  it.each([300, 304, 305, 306])('is not what status %i means', async (status) => {
    await using server = await redirectServer();
    const response = await fetch(`${server.origin}${redirectPath(status, '/end')}`);
    expect(response.status).toBe(status);
    expect(server.requestCount).toBe(1);
    await response.text();
  });

  it.each([
    'ftp://127.0.0.1/',
    'file:///etc/hostname',
    'data:text/plain,x',
    'http://',
    'http://user:secret@127.0.0.1:1/',
  ])('to %s fails', async (location) => {
    await using server = await redirectServer();
    const error = await typeError(fetch(`${server.origin}${redirectPath(302, location)}`));
    expect(error.message).toBe('fetch failed');
    expect(server.requestCount).toBe(1);
  });

  it('to a place where nobody listens fails', async () => {
    await using server = await redirectServer();
    const { port } = await usedUp();
    const error = await typeError(
      fetch(`${server.origin}${redirectPath(302, `http://127.0.0.1:${port}/`)}`),
    );
    expect(error.message).toBe('fetch failed');
  });

  it('with a large body of its own is followed all the same', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/end') response.end('end');
      else response.writeHead(302, { location: '/end' }).end(Buffer.alloc(1 << 20));
    });
    for (let i = 0; i < 5; i++) expect(await (await fetch(server.origin)).text()).toBe('end');
  });
});

describe.each(implementations)('$name fetch: redirect modes', ({ fetch }) => {
  it.each(REDIRECTS)('error refuses status %i', async (status) => {
    await using server = await redirectServer();
    const url = `${server.origin}${redirectPath(status, '/end')}`;
    const error = await typeError(fetch(url, { redirect: 'error' }));
    expect(error.message).toBe('fetch failed');
    expect(server.requestCount).toBe(1);
  });

  it('error lets a response pass that is no redirect', async () => {
    await using server = await echoServer();
    expect((await fetch(server.origin, { redirect: 'error' })).status).toBe(200);
  });

  it.each(REDIRECTS)('manual hands out status %i with its headers and body', async (status) => {
    await using server = await redirectServer();
    const response = await fetch(`${server.origin}${redirectPath(status, '/end')}`, {
      redirect: 'manual',
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('location')).toBe('/end');
    expect(response.redirected).toBe(false);
    expect(response.type).toBe('basic');
    expect(await response.text()).toBe('moved');
    expect(server.requestCount).toBe(1);
  });

  it('come from a Request, unless init says another', async () => {
    await using server = await redirectServer();
    const url = `${server.origin}${redirectPath(302, '/end')}`;
    const manual = new Request(url, { redirect: 'manual' });
    expect((await fetch(manual)).status).toBe(302);
    expect((await fetch(manual, { redirect: 'follow' })).status).toBe(200);
  });
});

describe.each(implementations)('$name fetch: credentials on a redirect', ({ fetch }) => {
  const secrets = {
    authorization: 'Bearer secret',
    cookie: 'session=secret',
    'proxy-authorization': 'Basic secret',
  };

  it('are dropped for another origin, and other headers kept', async () => {
    await using target = await echoServer();
    await using server = await redirectServer();
    const seen = await echoed(
      fetch(`${server.origin}${redirectPath(307, `${target.origin}/end`)}`, {
        method: 'POST',
        headers: { ...secrets, 'x-kept': 'yes' },
        body: 'b',
      }),
    );
    for (const name of Object.keys(secrets)) expect(seen.header(name)).toBeUndefined();
    expect(seen.header('x-kept')).toBe('yes');
    expect(seen.header('host')).toBe(`127.0.0.1:${target.port}`);
  });

  it('are dropped for another name of the same machine', async () => {
    await using server = await redirectServer();
    const location = `http://localhost:${server.port}/end`;
    const seen = await echoed(
      fetch(`${server.origin}${redirectPath(302, location)}`, { headers: secrets }),
    );
    for (const name of Object.keys(secrets)) expect(seen.header(name)).toBeUndefined();
  });

  it('are kept within the origin', async () => {
    await using server = await redirectServer();
    const seen = await echoed(
      fetch(`${server.origin}${redirectPath(302, '/end')}`, {
        headers: { authorization: secrets.authorization, cookie: secrets.cookie },
      }),
    );
    expect(seen.header('authorization')).toBe(secrets.authorization);
    expect(seen.header('cookie')).toBe(secrets.cookie);
  });

  it('stay dropped when a later redirect comes back', async () => {
    await using home = await redirectServer();
    await using away = await redirectServer();
    const back = `${away.origin}${redirectPath(302, `${home.origin}/end`)}`;
    const seen = await echoed(
      fetch(`${home.origin}${redirectPath(302, back)}`, { headers: secrets }),
    );
    for (const name of Object.keys(secrets)) expect(seen.header(name)).toBeUndefined();
  });
});

/** A port of this machine that was free a moment ago, and on which nobody listens. */
async function usedUp(): Promise<{ port: number }> {
  await using server = await echoServer();
  return { port: server.port };
}
