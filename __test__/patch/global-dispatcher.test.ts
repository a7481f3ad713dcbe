import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  disablePatches,
  enablePatches,
  getPatchStatus,
  patch,
  unpatch,
  unpatchAll,
} from 'warmline';
import { echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { VERSIONS } from '../undici/versions.js';

/** Where undici keeps its global dispatcher. */
const PLACES = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];
const descriptors = () => PLACES.map((place) => Object.getOwnPropertyDescriptor(globalThis, place));

afterEach(() => {
  enablePatches();
  unpatchAll();
});

/** Whether a request came over the engine, which names itself. */
const isOurs = (headers: readonly (readonly [string, string])[]) =>
  headers.some(([name, value]) => name === 'user-agent' && value.startsWith('warmline'));

describe.each(VERSIONS)('the global dispatcher of undici %s', (_, undici) => {
  it('is patched, and unpatched to the property descriptor', async () => {
    await using server = await echoServer();
    const before = descriptors();
    const own = undici.getGlobalDispatcher();
    expect(patch(undici)).toBe(undici);
    patch(undici);
    const namespace = { ...undici };
    patch(namespace);
    expect(getPatchStatus().patched).toMatchObject([
      { kind: 'dispatcher', name: 'undici', streams: 'transport', active: true },
    ]);
    const { body } = await undici.request(server.origin);
    expect(isOurs(((await body.json()) as { headers: [string, string][] }).headers)).toBe(true);
    expect((await echoed(fetch(server.origin))).header('sec-fetch-mode')).toBe('cors');
    expect(getPatchStatus().patched[0]?.statistics).toMatchObject({ calls: 2, fallbacks: 0 });
    expect(unpatch(namespace)).toBe(true);
    expect(descriptors()).toEqual(before);
    expect(undici.getGlobalDispatcher()).toBe(own);
    expect(unpatch(undici)).toBe(false);
  });

  it('is that of somebody else, once they have set another', () => {
    const before = undici.getGlobalDispatcher();
    patch(undici);
    const theirs = new undici.Agent();
    undici.setGlobalDispatcher(theirs);
    expect(unpatch(undici)).toBe(false);
    expect(undici.getGlobalDispatcher()).toBe(theirs);
    undici.setGlobalDispatcher(before);
  });

  it('has the one that was there before send what the engine cannot, and all while patches are off', async () => {
    await using server = await echoServer();
    patch(undici);
    const sent = async (options: object) => {
      const { body } = await undici.request(server.origin, options);
      return (await body.json()) as { body: string; headers: [string, string][] };
    };
    const withBody = await sent({ method: 'GET', body: 'x' });
    expect(Buffer.from(withBody.body, 'base64').toString()).toBe('x');
    expect(isOurs((await sent({})).headers)).toBe(true);
    disablePatches();
    expect(isOurs((await sent({})).headers)).toBe(false);
    expect(getPatchStatus().patched[0]).toMatchObject({
      active: false,
      statistics: { calls: 1, fallbacks: 2, engineErrors: 0 },
    });
  });

  it('has WebSockets opened as before', async () => {
    await using server = await httpServer(() => {});
    const socket = server.connection(0).then((accepted) => {
      accepted.removeAllListeners('data');
      accepted.once('data', (head) => {
        const [, key] = /sec-websocket-key: (.*)\r/i.exec(String(head)) ?? [];
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
        accepted.write(
          `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept.digest('base64')}\r\n\r\n`,
        );
      });
    });
    patch(undici);
    const client = new undici.WebSocket(server.origin.replace('http', 'ws'));
    await new Promise((resolve, reject) => {
      client.addEventListener('open', resolve);
      client.addEventListener('error', reject);
    });
    await socket;
    expect(getPatchStatus().patched[0]?.statistics).toMatchObject({ calls: 0, fallbacks: 1 });
    await using _ = server;
  });
});
