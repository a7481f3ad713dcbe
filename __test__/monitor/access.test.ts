import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { createMonitor } from 'warmline/monitor';
import { watched } from './watched.js';

const TOKEN = 'a-token-of-32-characters-or-more';
const DEBUG = ['/debug/network/latency', '/debug/memory/pool', '/debug/memory/gc'];

/** What comes back for these bytes. */
async function raw(port: string, bytes: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(bytes.replaceAll('\n', '\r\n'));
  return text(socket);
}

describe('whoever asks a monitor', () => {
  it('on loopback sees everything, unless there is a token', async () => {
    await using setup = await watched();
    for (const path of ['/metrics', '/health', ...DEBUG]) {
      expect((await setup.get(path)).status, path).toBe(200);
    }
    await using locked = await watched({ token: TOKEN });
    for (const path of ['/metrics', '/health', '/nowhere', ...DEBUG]) {
      const refused = await locked.get(path);
      expect(refused.status, path).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      const wrong = await locked.get(path, { authorization: `Bearer ${TOKEN}x` });
      expect(wrong.status, path).toBe(401);
    }
    for (const path of ['/metrics', '/health', ...DEBUG]) {
      const allowed = await locked.get(path, { authorization: `Bearer ${TOKEN}` });
      expect(allowed.status, path).toBe(200);
    }
    for (const path of ['/health/live', '/health/ready']) {
      expect((await locked.get(path)).status, path).toBe(200);
    }
  });

  it('by way of a framework is told nothing of the machine without a token', async () => {
    await using client = new HttpClient();
    const open = createMonitor({ client });
    expect((await open.fetch(new Request('http://any.test/metrics'))).status).toBe(200);
    const locked = createMonitor({ client, token: TOKEN });
    const headers = { authorization: `bearer ${TOKEN}` };
    for (const path of DEBUG) {
      const asked = `http://any.test${path}`;
      expect((await open.fetch(new Request(asked))).status, path).toBe(403);
      expect((await locked.fetch(new Request(asked, { headers }))).status, path).toBe(200);
    }
    await Promise.all([open.close(), locked.close()]);
  });

  it('under a name that somebody else has pointed here is turned away', async () => {
    await using setup = await watched({ hosts: ['Monitor.test'] });
    const { port } = new URL(setup.url);
    const status = async (host: string) => {
      const asked = request({ port, path: '/metrics', headers: { host } }).end();
      const [response] = await once(asked, 'response');
      response.resume();
      return response.statusCode;
    };
    for (const host of ['evil.test', 'localhost.evil.test', '192.0.2.1']) {
      expect(await status(`${host}:${port}`), host).toBe(421);
    }
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'monitor.test']) {
      expect(await status(`${host}:${port}`), host).toBe(200);
    }
  });

  it('with nonsense gets a clean refusal', async () => {
    await using setup = await watched();
    const { port } = new URL(setup.url);
    const close = 'connection: close\n\n';
    const cases: [string, number][] = [
      [`GET /metrics HTTP/1.1\nhost: a b\n${close}`, 400],
      [`GET /metrics HTTP/1.1\nhost: localhost/../x?y\n${close}`, 400],
      [`GET /metrics HTTP/1.1\nhost: user@localhost\n${close}`, 400],
      [`GET /metrics HTTP/1.1\n${close}`, 400],
      [`GET http://localhost/metrics HTTP/1.1\nhost: localhost\n${close}`, 400],
      [`GET //metrics HTTP/1.1\nhost: localhost\n${close}`, 404],
      [`GET /../../etc/passwd HTTP/1.1\nhost: localhost\n${close}`, 404],
      [`GET /%00%ff HTTP/1.1\nhost: localhost\n${close}`, 404],
      [`GET /metrics/ HTTP/1.1\nhost: localhost\n${close}`, 404],
      [`GET /${'x'.repeat(20_000)} HTTP/1.1\nhost: localhost\n${close}`, 431],
      [`DELETE /metrics HTTP/1.1\nhost: localhost\n${close}`, 405],
      [`TRACE /metrics HTTP/1.1\nhost: localhost\n${close}`, 405],
      [`POST /metrics HTTP/1.1\nhost: localhost\ncontent-length: 3\n${close}{}}`, 405],
      [`GET /metrics HTTP/1.1\nhost: localhost\ncontent-length: 99999999\n${close}`, 200],
      ['nonsense\n\n', 400],
    ];
    for (const [bytes, status] of cases) {
      const answered = await raw(port, bytes);
      expect(answered.split(' ', 2)[1], `${bytes.slice(0, 60)} -> ${answered}`).toBe(`${status}`);
    }
  });
});

describe('the options of a monitor', () => {
  it('are refused by name', () => {
    const wrong: [object, RegExp][] = [
      [{ clients: {} }, /^clients is unknown; there are client, token/],
      [{ client: 7 }, /^client must be an HttpClient/],
      [{ client: { one: {} } }, /^client\.one must be an HttpClient/],
      [{ token: '' }, /^token must be printable/],
      [
        { token: 'se cret' },
        /^token must be printable ASCII characters without spaces, at least one$/,
      ],
      [{ hosts: 'a.test' }, /^hosts must be a list/],
      [{ interval: 5 }, /^interval must be a number/],
    ];
    for (const [options, message] of wrong) {
      expect(() => createMonitor(options)).toThrow(message);
    }
  });

  it('and ports and hosts are, too', async () => {
    await using client = new HttpClient();
    const monitor = createMonitor({ client });
    await expect(monitor.listen(70_000)).rejects.toThrow(/^port must be/);
    await expect(monitor.listen(0, '')).rejects.toThrow(/^host must be/);
    await monitor.close();
  });
});
