import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { portServer } from '../servers/ports.js';
import { refusingOrigin } from '../servers/refusing.js';

/** A server whose answers wait until they are let go. */
async function heldServer() {
  const held: ServerResponse[] = [];
  const changes = new Changes();
  const server = await httpServer((_, response) => {
    held.push(response);
    changes.change();
  });
  return {
    ...server,
    get accepted() {
      return server.accepted;
    },
    /** Resolves once so many requests wait. */
    holds: (count: number) => changes.untilTrue(() => held.length === count),
    /** Answers the oldest of those that wait. */
    release(count: number) {
      for (const response of held.splice(0, count)) response.end('released');
    },
  };
}

describe('preconnect', () => {
  it('opens so many connections, which the requests then use', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    await client.preconnect(server.origin, 3);
    const ports = new Set<string>();
    for (let i = 0; i < 3; i++) ports.add(String((await server.connection(i)).remotePort));
    expect(server.requestCount).toBe(0);
    expect(client.getPoolMetrics()).toMatchObject({
      connectionsIdle: 3,
      connectionsCreatedTotal: 3,
    });
    await Promise.all([1, 2, 3].map(() => client.request('GET', server.origin)));
    expect(server.accepted.length).toBe(3);
  });

  it('opens one if it is not told how many, and only what is missing', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    await client.preconnect(new URL(`${server.origin}/any/path`));
    await client.preconnect(server.origin);
    await client.preconnect(server.origin, 2);
    await server.connection(1);
    expect(client.getPoolMetrics()).toMatchObject({
      connectionsIdle: 2,
      connectionsCreatedTotal: 2,
    });
  });

  it('stops at the limit', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ maxConnections: 2 });
    await client.preconnect(server.origin, 5);
    expect(client.getPoolMetrics().connectionsTotal).toBe(2);
  });

  it('says why it could not connect', async () => {
    await using client = new HttpClient();
    const error = await rejection(client.preconnect(await refusingOrigin(), 2));
    expect(error).toMatchObject({ name: 'WarmlineError', code: 'ECONNREFUSED', phase: 'connect' });
    expect(client.getPoolMetrics().connectionsTotal).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN, '2', null])('refuses a count of %j', async (count) => {
    await using client = new HttpClient();
    const error = await rejection(client.preconnect('http://127.0.0.1', count as number));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('count');
  });

  it('refuses an origin that is none', async () => {
    await using client = new HttpClient();
    expect(await rejection(client.preconnect('nonsense'))).toMatchObject({
      code: 'ERR_INVALID_URL',
    });
  });
});

describe('a full pool', () => {
  it('lets requests wait, and serves them in their order', async () => {
    await using server = await heldServer();
    await using client = new HttpClient({ maxConnections: 2 });
    const order: number[] = [];
    const requests = [0, 1, 2, 3, 4].map(async (place) => {
      await client.request('GET', server.origin);
      order.push(place);
    });
    await server.holds(2);
    expect(client.getPoolMetrics()).toMatchObject({
      connectionsActive: 2,
      pendingRequests: 3,
      poolUtilizationPercent: 100,
    });
    for (let left = 5; left > 0; left--) {
      await server.holds(Math.min(left, 2));
      server.release(1);
      await requests[5 - left];
    }
    await Promise.all(requests);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(server.accepted.length).toBe(2);
  });
});

describe('updatePoolLimits', () => {
  it('lets those in line have the new places at once', async () => {
    await using server = await heldServer();
    await using client = new HttpClient({ maxConnections: 1 });
    const requests = [1, 2, 3].map(() => client.request('GET', server.origin));
    await server.holds(1);
    client.updatePoolLimits(3, 3);
    await server.holds(3);
    expect(client.getPoolMetrics()).toMatchObject({
      maxConnections: 3,
      maxKeepaliveConnections: 3,
    });
    server.release(3);
    await Promise.all(requests);
  });

  it('closes idle surplus at once', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    await client.preconnect(server.origin, 4);
    for (let i = 0; i < 4; i++) await server.connection(i);
    client.updatePoolLimits(1000, 1);
    expect(client.getPoolMetrics()).toMatchObject({
      connectionsIdle: 1,
      connectionsClosedTotal: 3,
    });
    await Promise.race(
      [0, 1, 2, 3].map(async (left) => {
        const gone = [0, 1, 2, 3].filter((index) => index !== left);
        await Promise.all(gone.map((index) => server.closed(index)));
      }),
    );
  });

  it('closes busy surplus when it comes back', async () => {
    await using server = await heldServer();
    await using client = new HttpClient();
    const requests = [1, 2, 3].map(() => client.request('GET', server.origin));
    await server.holds(3);
    client.updatePoolLimits(1, 1);
    expect(client.getPoolMetrics().connectionsActive).toBe(3);
    server.release(3);
    for (const { status } of await Promise.all(requests)) expect(status).toBe(200);
    while (client.getPoolMetrics().connectionsTotal > 1) await new Promise(setImmediate);
    const last = client.request('GET', server.origin);
    await server.holds(1);
    server.release(1);
    expect((await last).status).toBe(200);
    expect(server.accepted.length).toBe(3);
  });
});

describe('an idle connection', () => {
  it('is closed when its time is up, as the server sees it', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ keepaliveExpiry: 20 });
    await client.request('GET', server.origin);
    await server.closed(0);
    // The socket is closed first and counted then.
    while (client.getPoolMetrics().connectionsClosedTotal < 1) await new Promise(setImmediate);
    expect(client.getPoolMetrics().connectionsIdle).toBe(0);
    await client.request('GET', server.origin);
    expect(server.accepted.length).toBe(2);
  });

  it('above the cap is closed as it comes back', async () => {
    await using server = await heldServer();
    await using client = new HttpClient({ maxKeepaliveConnections: 1 });
    const requests = [1, 2, 3].map(() => client.request('GET', server.origin));
    await server.holds(3);
    server.release(3);
    await Promise.all(requests);
    while (client.getPoolMetrics().connectionsTotal > 1) await new Promise(setImmediate);
    expect(client.getPoolMetrics().connectionsIdle).toBe(1);
  });

  it('is not kept at all with a cap of 0', async () => {
    await using server = await portServer();
    await using client = new HttpClient({ maxKeepaliveConnections: 0 });
    for (let i = 0; i < 3; i++) {
      await client.request('GET', server.origin);
      await server.closed(i);
    }
    expect(server.accepted.length).toBe(3);
  });
});

describe('getPoolMetrics', () => {
  it('counts what was done', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    for (let i = 0; i < 4; i++) await client.request('GET', server.origin);
    await (await client.fetch(server.origin)).text();
    await rejection(client.request('GET', await refusingOrigin(), { retry: false }));
    const metrics = client.getPoolMetrics();
    expect(metrics).toMatchObject({
      connectionsActive: 0,
      connectionsIdle: 1,
      connectionsTotal: 1,
      connectionsCreatedTotal: 1,
      connectionErrorsTotal: 1,
      activeConnections: 0,
      availableConnections: 1,
      pendingRequests: 0,
      totalRequests: 6,
      errorCount: 1,
    });
    expect(metrics.avgResponseTimeMs).toBeGreaterThan(0);
    expect(metrics.reuseRate).toBeGreaterThan(0.5);
    expect(metrics.reuseRate).toBeLessThan(1);
  });

  it('is of one client alone', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    await using other = new HttpClient();
    await client.request('GET', server.origin);
    expect(other.getPoolMetrics()).toMatchObject({ totalRequests: 0, connectionsTotal: 0 });
    await other.request('GET', server.origin);
    expect(server.accepted.length).toBe(2);
  });
});
