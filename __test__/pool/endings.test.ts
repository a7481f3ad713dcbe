import { describe, expect, it } from 'vitest';
import { getConnection, healthCheckConnection, removeConnection, returnConnection } from 'warmline';
import { portServer } from '../servers/ports.js';
import { freshPool, leased } from './pools.js';

const NO_LEASES = [
  'conn_0_0',
  'conn_12345_6',
  'conn_01_0',
  'conn_1_00',
  'conn_1_65536',
  'conn_1',
  'conn_1_',
  'conn_9007199254740993_0',
  'nonsense',
  '',
  3,
];

describe('a lease', () => {
  it('is returned once', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    expect(pool.returnConnection(id)).toBe(true);
    expect(pool.returnConnection(id)).toBe(false);
    expect(pool.removeConnection(id)).toBe(false);
    expect(pool.healthCheck(id)).toBe(false);
    expect(pool.getStats()).toMatchObject({ activeConnections: 0, idleConnections: 1 });
  });

  it('is removed once, and its connection closed', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    expect(pool.removeConnection(id)).toBe(true);
    expect(pool.removeConnection(id)).toBe(false);
    expect(pool.returnConnection(id)).toBe(false);
    await server.closed(0);
    expect(pool.getStats().totalConnections).toBe(0);
  });

  it('that was returned says nothing about the lease of the same connection after it', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const before = await pool.acquireConnection(server.origin);
    pool.returnConnection(before);
    const after = leased(pool, server.origin);
    expect(after).not.toBe(before);
    expect(pool.returnConnection(before)).toBe(false);
    expect(pool.removeConnection(before)).toBe(false);
    expect(pool.healthCheck(after)).toBe(true);
    expect(pool.removeConnection(after)).toBe(true);
  });

  it('that is returned while it connects gives its connection to whoever is next', async () => {
    await using server = await portServer();
    const pool = freshPool();
    expect(pool.returnConnection(leased(pool, server.origin))).toBe(true);
    await server.connection(0);
    const id = await pool.acquireConnection(server.origin);
    expect(pool.healthCheck(id)).toBe(true);
    expect(server.accepted.length).toBe(1);
    pool.removeConnection(id);
  });
});

describe.each(NO_LEASES)('%j', (id) => {
  it('ends nothing', () => {
    const pool = freshPool();
    expect(pool.returnConnection(id as string)).toBe(false);
    expect(pool.removeConnection(id as string)).toBe(false);
    expect(returnConnection(id as string)).toBe(false);
    expect(removeConnection(id as string)).toBe(false);
    expect(healthCheckConnection(id as string)).toBe(false);
  });
});

it('a lease of the default pool is removed there', async () => {
  await using server = await portServer();
  const id = getConnection(server.origin) as string;
  await server.connection(0);
  expect(removeConnection(id)).toBe(true);
  expect(removeConnection(id)).toBe(false);
  await server.closed(0);
});
