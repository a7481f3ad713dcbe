import { expect, it } from 'vitest';
import { cleanupExpiredConnections, fetch, getConnectionPoolStats } from 'warmline';
import { portServer } from '../servers/ports.js';
import { freshPool, leased } from './pools.js';

it('a new pool holds nothing and has the limits of the reference', () => {
  expect(freshPool().getStats()).toEqual({
    totalConnections: 0,
    activeConnections: 0,
    idleConnections: 0,
    pending: 0,
    waiting: 0,
    endpoints: {},
    limits: { maxConnections: 100, maxConnectionsPerEndpoint: 10, idleTimeout: 300_000 },
  });
});

it('a lease is pending, then active, then idle', async () => {
  await using server = await portServer();
  await using other = await portServer();
  const pool = freshPool();
  const id = leased(pool, server.origin);
  const total = { totalConnections: 1, waiting: 0 };
  await pool.connectionReady(id);
  expect(pool.getStats()).toMatchObject({
    ...total,
    activeConnections: 1,
    idleConnections: 0,
    pending: 0,
    endpoints: { [server.origin]: { active: 1, idle: 0, pending: 0 } },
  });
  pool.returnConnection(id);
  expect(pool.getStats()).toMatchObject({ ...total, activeConnections: 0, idleConnections: 1 });
  const elsewhere = await pool.acquireConnection(other.origin);
  expect(pool.getStats()).toMatchObject({
    totalConnections: 2,
    endpoints: {
      [server.origin]: { active: 0, idle: 1, pending: 0 },
      [other.origin]: { active: 1, idle: 0, pending: 0 },
    },
  });
  pool.removeConnection(elsewhere);
});

it('the default pool counts as idle what fetch has left there', async () => {
  await using server = await portServer();
  await (await fetch(server.origin)).text();
  const { endpoints } = getConnectionPoolStats();
  // Nobody has asked for a lease to it so far.
  expect(endpoints[server.origin]).toBeUndefined();
  const { getConnection, returnConnection } = await import('warmline');
  returnConnection(getConnection(server.origin) as string);
  expect(getConnectionPoolStats().endpoints[server.origin]).toEqual({
    active: 0,
    idle: 1,
    pending: 0,
  });
});

it('cleanup closes nothing that is alive and in time', async () => {
  await using server = await portServer();
  const pool = freshPool();
  const id = await pool.acquireConnection(server.origin);
  expect(pool.cleanup()).toBe(0);
  pool.returnConnection(id);
  expect(pool.cleanup()).toBe(0);
  expect(cleanupExpiredConnections()).toBeGreaterThanOrEqual(0);
  expect(pool.getStats().idleConnections).toBe(1);
});
