import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { echo, http2Server } from '../servers/http2.js';
import { listenOnLoopback } from '../servers/loopback.js';

/** An empty SETTINGS frame, and the word that the other side's was read (RFC 9113, section 6.5). */
const SETTINGS = Buffer.from('000000040000000000' + '000000040100000000', 'hex');
const http2 = 'prior-knowledge';

describe('PINGs', () => {
  it('are sent at the interval that the client has, idle too, and none where it wants none', async () => {
    await using server = await http2Server(undefined, echo);
    await using silent = new HttpClient({ http2, http2Ping: false });
    await using asking = new HttpClient({ http2, http2Ping: { interval: 5 } });
    const pings = [0, 0];
    let enough = () => {};
    const asked = new Promise<void>((resolve) => {
      enough = resolve;
    });
    for (const [number, client] of [silent, asking].entries()) {
      await client.request('GET', server.origin);
      server.sessions[number]?.on('ping', () => {
        pings[number] = (pings[number] ?? 0) + 1;
        if (pings[1] === 10) enough();
      });
    }
    await asked;
    expect(pings).toEqual([0, 10]);
    expect(server.accepted).toHaveLength(2);
  });

  it('that are not answered in time end the connection and what is on it', async () => {
    const deaf = createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.write(SETTINGS);
    });
    await using server = await listenOnLoopback(deaf);
    await using client = new HttpClient({ http2, http2Ping: { interval: 10, timeout: 10 } });
    const request = client.request('GET', `http://127.0.0.1:${server.port}/`);
    expect(await rejection(request)).toMatchObject({ code: 'ETIMEDOUT', phase: 'headers' });
    await server.closed(0);
  });
});
