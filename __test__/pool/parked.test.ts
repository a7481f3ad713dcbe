import { createRequire } from 'node:module';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  acquireConnection,
  connectionReady,
  fetch,
  getConnection,
  getConnectionPoolStats,
  removeConnection,
  returnConnection,
  SimpleConnectionPool,
} from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { portOf, portServer } from '../servers/ports.js';
import { scriptedServer } from '../servers/scripted.js';
import { freshPool, leased } from './pools.js';

const PER_ENDPOINT = 10;

/** A pool with one connection, which this thread has returned and can lease again by itself. */
async function poolOfOne(origin: string): Promise<SimpleConnectionPool> {
  const pool = freshPool();
  pool.returnConnection(await pool.acquireConnection(origin));
  return pool;
}

async function portOn(url: string, connection?: string): Promise<string> {
  return await (await fetch(url, connection === undefined ? {} : { connection })).text();
}

async function localPort(pool: SimpleConnectionPool, id: string): Promise<string> {
  return portOf((await pool.connectionReady(id)).localAddress);
}

describe('a connection that this thread has returned', () => {
  it('is leased and returned again and again without a call of the engine', async () => {
    const binding = createRequire(import.meta.url)('../../native/binding.cjs');
    const calls = ['leaseGet', 'leasePut', 'leasePark'].map((name) => vi.spyOn(binding, name));
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    await using server = await portServer();
    const pool = await poolOfOne(server.origin);
    for (const call of calls) call.mockClear();
    const ids = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const id = leased(pool, server.origin);
      ids.add(id);
      expect(pool.returnConnection(id)).toBe(true);
    }
    expect(ids.size).toBe(3000);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
    await server.connection(0);
    expect(server.accepted.length).toBe(1);
  });

  it('counts as active while it is leased and as idle while it is not', async () => {
    await using server = await portServer();
    const pool = await poolOfOne(server.origin);
    for (let i = 0; i < 3; i++) {
      const id = leased(pool, server.origin);
      expect(pool.getStats()).toMatchObject({ activeConnections: 1, idleConnections: 0 });
      pool.returnConnection(id);
      expect(pool.getStats()).toMatchObject({ activeConnections: 0, idleConnections: 1 });
    }
  });

  it('has the id of one lease at a time, which is over when it is returned', async () => {
    await using server = await portServer();
    const pool = await poolOfOne(server.origin);
    const first = leased(pool, server.origin);
    expect(pool.returnConnection(first)).toBe(true);
    expect(pool.returnConnection(first)).toBe(false);
    const second = leased(pool, server.origin);
    for (const over of [first, `${second}0`, second.slice(0, -1)]) {
      expect(pool.returnConnection(over)).toBe(false);
      expect(pool.removeConnection(over)).toBe(false);
      expect(pool.healthCheck(over)).toBe(false);
    }
    expect(pool.healthCheck(second)).toBe(true);
    expect(pool.returnConnection(second)).toBe(true);
  });

  it('is one of several that are returned in any order', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const ids = Array.from({ length: PER_ENDPOINT }, () => leased(pool, server.origin));
    await Promise.all(ids.map((id) => pool.connectionReady(id)));
    for (let round = 0; round < 50; round++) {
      const split = round % PER_ENDPOINT;
      const order = [...ids.slice(split).reverse(), ...ids.slice(0, split)];
      ids.length = 0;
      for (const id of order) expect(pool.returnConnection(id)).toBe(true);
      for (const id of order) expect(pool.returnConnection(id)).toBe(false);
      while (ids.length < PER_ENDPOINT) ids.push(leased(pool, server.origin));
      expect(pool.getConnection(server.origin)).toBeNull();
    }
    await server.connection(PER_ENDPOINT - 1);
    expect(server.accepted.length).toBe(PER_ENDPOINT);
    expect(new Set(await Promise.all(ids.map((id) => portOn(server.origin, id)))).size).toBe(
      PER_ENDPOINT,
    );
    for (const id of ids) expect(pool.removeConnection(id)).toBe(true);
  });

  it('carries requests, and is removed, by the id of its new lease', async () => {
    await using server = await portServer();
    const pool = await poolOfOne(server.origin);
    const before = leased(pool, server.origin);
    const port = await localPort(pool, before);
    pool.returnConnection(before);
    for (let round = 0; round < 3; round++) {
      const id = leased(pool, server.origin);
      expect(await portOn(server.origin, id)).toBe(port);
      expect(pool.returnConnection(id)).toBe(true);
    }
    const last = leased(pool, server.origin);
    expect(pool.removeConnection(last)).toBe(true);
    expect(pool.returnConnection(last)).toBe(false);
    await server.closed(0);
    expect(pool.getStats().totalConnections).toBe(0);
  });

  it('is not leased again once its peer has closed it', async () => {
    await using server = await scriptedServer(() => {});
    const pool = await poolOfOne(server.origin);
    const connection = await server.connection(0);
    connection.end();
    await connection.closed;
    const id = await pool.acquireConnection(server.origin);
    expect(pool.healthCheck(id)).toBe(true);
    await server.connection(1);
    pool.returnConnection(id);
    const again = leased(pool, server.origin);
    expect(pool.healthCheck(again)).toBe(true);
    pool.removeConnection(again);
  });

  it('is unhealthy when its peer closes it while it is leased, and its lease ends as any other', async () => {
    await using server = await scriptedServer(() => {});
    const pool = await poolOfOne(server.origin);
    const id = leased(pool, server.origin);
    const connection = await server.connection(0);
    connection.end();
    await connection.closed;
    expect(pool.healthCheck(id)).toBe(false);
    const error = await rejection(fetch(server.origin, { connection: id }));
    expect((error as TypeError).cause).toMatchObject({ code: 'UND_ERR_SOCKET', retryable: true });
    expect(pool.returnConnection(id)).toBe(true);
    expect(pool.returnConnection(id)).toBe(false);
    expect(pool.getStats().totalConnections).toBe(0);
  });

  it('is ended by cleanup when its peer closes it while it is leased', async () => {
    await using server = await scriptedServer(() => {});
    const pool = await poolOfOne(server.origin);
    const id = leased(pool, server.origin);
    expect(pool.cleanup()).toBe(0);
    const connection = await server.connection(0);
    connection.end();
    await connection.closed;
    expect(pool.cleanup()).toBe(1);
    expect(pool.returnConnection(id)).toBe(false);
  });

  it('goes to who waits when it is returned', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const ids = Array.from({ length: PER_ENDPOINT }, () => leased(pool, server.origin));
    await Promise.all(ids.map((id) => pool.connectionReady(id)));
    pool.returnConnection(ids[0] as string);
    ids[0] = leased(pool, server.origin);
    const waiting = pool.acquireConnection(server.origin);
    await pool.connectionReady('none').catch(() => {});
    expect(pool.getStats().waiting).toBe(1);
    expect(pool.returnConnection(ids[0])).toBe(true);
    expect(pool.getConnection(server.origin)).toBeNull();
    ids[0] = await waiting;
    await server.connection(PER_ENDPOINT - 1);
    expect(server.accepted.length).toBe(PER_ENDPOINT);
    for (const id of ids) expect(pool.removeConnection(id)).toBe(true);
  });

  it('is never leased to another endpoint, whatever became of its place meanwhile', async () => {
    await using server = await portServer();
    await using other = await portServer();
    const pool = await poolOfOne(server.origin);
    const same = new SimpleConnectionPool(pool.poolName);
    // Somebody else takes all that there may be: what is remembered of the first is out of date.
    const ids = Array.from({ length: PER_ENDPOINT }, () => leased(same, server.origin));
    await Promise.all(ids.map((id) => same.connectionReady(id)));
    for (let i = 0; i < 2; i++) {
      const elsewhere = await pool.acquireConnection(other.origin);
      pool.returnConnection(elsewhere);
    }
    for (const id of ids) same.returnConnection(id);
    for (const { origin, port } of [server, other, server, other]) {
      const id = leased(pool, origin);
      expect(portOf((await pool.connectionReady(id)).remoteAddress)).toBe(String(port));
      pool.returnConnection(id);
    }
  });
});

describe('two pools of one name', () => {
  it('lease what the other has returned, and end what the other has leased', async () => {
    await using server = await portServer();
    const pool = await poolOfOne(server.origin);
    const same = new SimpleConnectionPool(pool.poolName);
    for (const [taker, giver] of [
      [same, pool],
      [pool, same],
      [pool, pool],
      [same, same],
      [same, pool],
    ] as const) {
      const id = leased(taker, server.origin);
      expect(pool.getStats()).toMatchObject({ activeConnections: 1, idleConnections: 0 });
      expect(giver.returnConnection(id)).toBe(true);
      expect(taker.returnConnection(id)).toBe(false);
      expect(pool.getStats()).toMatchObject({ activeConnections: 0, idleConnections: 1 });
    }
    await server.connection(0);
    expect(server.accepted.length).toBe(1);
  });

  it('do not end what another pool has leased', async () => {
    await using server = await portServer();
    const pool = await poolOfOne(server.origin);
    const id = leased(pool, server.origin);
    const stranger = await poolOfOne(server.origin);
    expect(stranger.returnConnection(id)).toBe(false);
    expect(stranger.removeConnection(id)).toBe(false);
    expect(pool.returnConnection(id)).toBe(true);
  });
});

describe('the default pool', () => {
  it('lets a fetch have what was returned, and not what is leased', async () => {
    await using server = await portServer();
    returnConnection(await acquireConnection(server.origin));
    const id = getConnection(server.origin) as string;
    const port = portOf((await connectionReady(id)).localAddress);
    returnConnection(id);
    expect(await portOn(server.origin)).toBe(port);
    const again = getConnection(server.origin) as string;
    expect(portOf((await connectionReady(again)).localAddress)).toBe(port);
    returnConnection(again);
    const held = getConnection(server.origin) as string;
    expect(held).not.toBe(again);
    expect(await portOn(server.origin)).not.toBe(port);
    expect(getConnectionPoolStats().endpoints[server.origin]).toEqual({
      active: 1,
      idle: 1,
      pending: 0,
    });
    expect(removeConnection(held)).toBe(true);
    expect(server.accepted.length).toBe(2);
  });

  it('lets a fetch that is about to connect have what is returned meanwhile', async () => {
    await using server = await portServer();
    const ids = [await acquireConnection(server.origin), await acquireConnection(server.origin)];
    for (const id of ids) returnConnection(id);
    for (let round = 0; round < 20; round++) {
      const held = [getConnection(server.origin), getConnection(server.origin)] as string[];
      const answers = [portOn(server.origin), portOn(server.origin)];
      for (const id of held) expect(returnConnection(id)).toBe(true);
      await Promise.all(answers);
    }
    expect(getConnectionPoolStats().endpoints[server.origin]).toMatchObject({ active: 0 });
  });
});
