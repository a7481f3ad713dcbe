import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { echo, http2Server } from '../servers/http2.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { portServer } from '../servers/ports.js';
import { run } from '../workers/program.js';

async function untilIdle(client: HttpClient, enough: (count: number) => boolean): Promise<void> {
  while (!enough(client.getPoolMetrics().connectionsIdle)) await new Promise(setImmediate);
}

/** Resolves once a floor is filled: with one more where it was while the first request had a connection of its own. */
const untilWarm = (client: HttpClient, floor: number): Promise<void> =>
  untilIdle(client, (count) => count >= floor);

/** Speaks HTTP/2 as far as its SETTINGS, and never again. */
async function silentServer() {
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const loopback = await listenOnLoopback(
    createServer((socket) => socket.resume().write(settings)),
  );
  return { ...loopback, origin: `http://127.0.0.1:${loopback.port}` };
}

/** How many connections it has opened so far; the server may hear of the last ones later. */
const opened = (client: HttpClient): number => client.getPoolMetrics().connectionsCreatedTotal;

describe('minIdle', () => {
  it('has warm connections wait for requests, from the first one on', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ minIdle: 2 });
    await client.request('GET', server.origin);
    await untilWarm(client, 2);
    const both = await Promise.all([1, 2].map(() => client.request('GET', server.origin)));
    expect(new Set(both.map((response) => response.text())).size).toBe(2);
    for (const { timings } of both) expect(timings.connect).toBe(0);
  });

  it('replaces what the server closes', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ minIdle: 2 });
    await client.request('GET', server.origin);
    await untilWarm(client, 2);
    const before = opened(client);
    await server.connection(before - 1);
    for (const socket of server.accepted) socket.destroy();
    await server.connection(before + 1);
    await untilWarm(client, 2);
    const { timings, connection } = await client.request('GET', server.origin);
    expect(timings.connect).toBe(0);
    expect(connection).toMatchObject({ attempt: 1, reused: false });
  });

  it('adds to what was preconnected', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ minIdle: 3 });
    await client.preconnect(server.origin);
    await server.connection(2);
    await untilWarm(client, 3);
    expect(server.requestCount).toBe(0);
  });

  it('gives way to caps that are lowered', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ minIdle: 3 });
    await client.request('GET', server.origin);
    await untilWarm(client, 3);
    client.updatePoolLimits(1000, 1);
    await untilIdle(client, (count) => count === 1);
    const before = opened(client);
    client.updatePoolLimits(1000, 2);
    await untilWarm(client, 2);
    expect(opened(client)).toBeGreaterThan(before);
  });

  it('is content with one connection by HTTP/2', async () => {
    await using server = await http2Server(undefined, echo);
    await using client = new HttpClient({ minIdle: 5, http2: 'prior-knowledge' });
    await client.request('GET', server.url());
    await server.connection(0);
    server.sessions[0]?.close();
    await server.connection(1);
    await untilWarm(client, 1);
    const { timings } = await client.request('GET', server.url());
    expect(timings.connect).toBe(0);
    expect(server.accepted.length).toBe(2);
  });

  it('ends with the client', async () => {
    await using server = await portServer();
    const client = new HttpClient({ minIdle: 2 });
    await client.request('GET', server.origin);
    await untilWarm(client, 2);
    const count = opened(client);
    await client.close();
    await Promise.all(Array.from({ length: count }, (_, index) => server.closed(index)));
  });

  it('keeps no process alive', async () => {
    await using server = await portServer();
    const program = new URL('programs/floor.mjs', import.meta.url).href;
    const ending = await run(program, [server.origin]);
    expect(ending).toEqual({ code: 0, signal: null, lines: ['warm'], stderr: '' });
    for (const index of [0, 1, 2]) await server.closed(index);
  });
});

describe('healthCheck', () => {
  it('closes an idle HTTP/2 connection whose server answers no PING', async () => {
    await using server = await silentServer();
    await using client = new HttpClient({
      http2: 'prior-knowledge',
      healthCheck: { interval: 20, timeout: 20, unhealthyThreshold: 2 },
    });
    await client.preconnect(server.origin);
    await server.closed(0);
    while (client.getPoolMetrics().connectionsTotal > 0) await new Promise(setImmediate);
    expect(client.getPoolMetrics().connectionsClosedTotal).toBe(1);
  });

  it('replaces it where there is a floor', async () => {
    await using server = await silentServer();
    await using client = new HttpClient({
      http2: 'prior-knowledge',
      minIdle: 1,
      healthCheck: { interval: 20, timeout: 20, unhealthyThreshold: 1 },
    });
    await client.preconnect(server.origin);
    await server.closed(0);
    await server.connection(1);
  });

  it('leaves connections alone whose servers answer', async () => {
    await using server = await http2Server(undefined, echo);
    await using plain = await portServer();
    const healthCheck = { interval: 1, timeout: 10_000 };
    await using client = new HttpClient({ http2: 'prior-knowledge', healthCheck });
    await using other = new HttpClient({ healthCheck });
    let pings = 0;
    await client.request('GET', server.url());
    server.sessions[0]?.on('ping', () => {
      pings += 1;
    });
    await other.request('GET', plain.origin);
    while (pings < 10) await new Promise(setImmediate);
    const [shared, single] = [
      await client.request('GET', server.url()),
      await other.request('GET', plain.origin),
    ];
    expect([shared.connection.reused, single.connection.reused]).toEqual([true, true]);
  });
});
