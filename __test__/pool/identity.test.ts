import { describe, expect, it } from 'vitest';
import {
  acquireConnection,
  connectionReady,
  fetch,
  getConnection,
  returnConnection,
  SimpleConnectionPool,
} from 'warmline';
import { portOf, portServer } from '../servers/ports.js';
import { freshPool, leased } from './pools.js';

async function portOn(url: string, connection?: string): Promise<string> {
  const response = await fetch(url, connection === undefined ? {} : { connection });
  return await response.text();
}

describe('the id of a lease', () => {
  it('is one real connection, which the server sees at once', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const id = leased(pool, server.origin);
    const info = await pool.connectionReady(id);
    const socket = await server.connection(0);
    expect(portOf(info.localAddress)).toBe(String(socket.remotePort));
    expect(portOf(info.remoteAddress)).toBe(String(server.port));
    expect(info).toMatchObject({ protocol: 'http/1.1', tls: null });
    pool.removeConnection(id);
    await server.closed(0);
  });

  it('is the very connection that a request arrives on', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const ids = [1, 2, 3].map(() => leased(pool, server.origin));
    const infos = await Promise.all(ids.map((id) => pool.connectionReady(id)));
    for (let round = 0; round < 3; round++) {
      const ports = await Promise.all(ids.map((id) => portOn(server.origin, id)));
      expect(ports).toEqual(infos.map((info) => portOf(info.localAddress)));
    }
    expect(server.accepted.length).toBe(3);
    for (const id of ids) pool.removeConnection(id);
  });

  it('can be sent on before it is connected', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const id = leased(pool, server.origin);
    const port = await portOn(server.origin, id);
    expect(port).toBe(portOf((await pool.connectionReady(id)).localAddress));
    expect(server.accepted.length).toBe(1);
    pool.removeConnection(id);
  });

  it('is never given out again, though the connection is', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const first = leased(pool, server.origin);
    const port = await portOn(server.origin, first);
    const ids = new Set([first]);
    pool.returnConnection(first);
    for (let i = 0; i < 1000; i++) {
      const id = leased(pool, server.origin);
      ids.add(id);
      pool.returnConnection(id);
    }
    expect(ids.size).toBe(1001);
    const last = leased(pool, server.origin);
    expect(await portOn(server.origin, last)).toBe(port);
    expect(server.accepted.length).toBe(1);
    pool.removeConnection(last);
  });

  it('is another in each pool and thread of the process', async () => {
    await using server = await portServer();
    const pools = [freshPool(), freshPool(), new SimpleConnectionPool()];
    const ids = pools.flatMap((pool) => [1, 2, 3].map(() => leased(pool, server.origin)));
    expect(new Set(ids).size).toBe(9);
    for (const id of ids) for (const pool of pools) pool.removeConnection(id);
  });
});

describe('the default pool', () => {
  it('leases the idle connection that a fetch has left, and nothing new is opened', async () => {
    await using server = await portServer();
    const port = await portOn(server.origin);
    const id = getConnection(server.origin);
    expect(portOf((await connectionReady(id ?? '')).localAddress)).toBe(port);
    expect(server.accepted.length).toBe(1);
    expect(returnConnection(id ?? '')).toBe(true);
  });

  it('serves the next fetch with a connection that was returned', async () => {
    await using server = await portServer();
    const id = await acquireConnection(server.origin);
    const { localAddress } = await connectionReady(id);
    expect(await portOn(server.origin)).not.toBe(portOf(localAddress));
    returnConnection(id);
    const ports = await Promise.all([portOn(server.origin), portOn(server.origin)]);
    expect(ports).toContain(portOf(localAddress));
    expect(server.accepted.length).toBe(2);
  });

  it('never lets a fetch have a connection that is leased', async () => {
    await using server = await portServer();
    const id = await acquireConnection(server.origin);
    const { localAddress } = await connectionReady(id);
    const ports = await Promise.all(Array.from({ length: 20 }, () => portOn(server.origin)));
    expect(ports).not.toContain(portOf(localAddress));
    returnConnection(id);
  });

  it('is the pool named default', async () => {
    await using server = await portServer();
    const pool = new SimpleConnectionPool();
    expect(pool.poolName).toBe('default');
    const id = leased(pool, server.origin);
    expect(returnConnection(id)).toBe(true);
  });
});

describe('a named pool', () => {
  it('is one for all who say its name, and keeps its connections from the others', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const same = new SimpleConnectionPool(pool.poolName);
    const other = freshPool();
    const id = await pool.acquireConnection(server.origin);
    expect(same.healthCheck(id)).toBe(true);
    expect(other.healthCheck(id)).toBe(false);
    expect(other.returnConnection(id)).toBe(false);
    expect(other.removeConnection(id)).toBe(false);
    expect(same.returnConnection(id)).toBe(true);
    const elsewhere = await other.acquireConnection(server.origin);
    const sockets = await Promise.all([server.connection(0), server.connection(1)]);
    const { localAddress } = await other.connectionReady(elsewhere);
    expect(portOf(localAddress)).toBe(String(sockets[1].remotePort));
    other.removeConnection(elsewhere);
  });

  it.each([[''], [5], [null], [{}]])('cannot be named %j', (name) => {
    expect(() => new SimpleConnectionPool(name as string)).toThrow(TypeError);
  });
});
