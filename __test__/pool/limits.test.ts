import { expect, it } from 'vitest';
import { portServer, portServers } from '../servers/ports.js';
import { freshPool, leased } from './pools.js';

const PER_ENDPOINT = 10;
const TOTAL = 100;

it('an endpoint has ten leases at once, and an end of one makes room for one', async () => {
  await using server = await portServer();
  const pool = freshPool();
  const ids = Array.from({ length: PER_ENDPOINT }, () => leased(pool, server.origin));
  await Promise.all(ids.map((id) => pool.connectionReady(id)));
  expect(pool.getConnection(server.origin)).toBeNull();
  pool.returnConnection(ids[0] as string);
  const next = leased(pool, server.origin);
  expect(pool.getConnection(server.origin)).toBeNull();
  pool.removeConnection(ids[1] as string);
  const last = leased(pool, server.origin);
  expect(pool.getConnection(server.origin)).toBeNull();
  for (const id of [...ids.slice(2), next, last]) expect(pool.removeConnection(id)).toBe(true);
  expect(pool.getStats()).toMatchObject({ activeConnections: 0, pending: 0 });
});

it('spellings of one endpoint share its limit', async () => {
  await using server = await portServer();
  const pool = freshPool();
  const spellings = [server.origin, `${server.origin}/`, `${server.origin}/v1/chat?x=1#y`];
  const ids = Array.from({ length: PER_ENDPOINT }, (_, i) =>
    leased(pool, spellings[i % spellings.length] as string),
  );
  for (const spelling of spellings) expect(pool.getConnection(spelling)).toBeNull();
  expect(Object.keys(pool.getStats().endpoints)).toEqual([server.origin]);
  for (const id of ids) pool.removeConnection(id);
});

it('a pool has a hundred leases over all its endpoints', async () => {
  await using servers = await portServers(TOTAL / PER_ENDPOINT);
  await using server = await portServer();
  const pool = freshPool();
  const ids = servers.all.flatMap(({ origin }) =>
    Array.from({ length: PER_ENDPOINT }, () => leased(pool, origin)),
  );
  expect(pool.getConnection(server.origin)).toBeNull();
  pool.removeConnection(ids[0] as string);
  ids.push(leased(pool, server.origin));
  expect(pool.getConnection(server.origin)).toBeNull();
  await Promise.all(ids.slice(1).map((id) => pool.connectionReady(id)));
  expect(pool.getStats()).toMatchObject({ totalConnections: TOTAL, activeConnections: TOTAL });
  // Another pool has a hundred of its own.
  const other = freshPool();
  other.removeConnection(leased(other, server.origin));
  for (const id of ids) pool.removeConnection(id);
});

it('an idle connection of one endpoint makes way for a lease of another', async () => {
  await using servers = await portServers(TOTAL / PER_ENDPOINT);
  await using idle = await portServer();
  const pool = freshPool();
  pool.returnConnection(await pool.acquireConnection(idle.origin));
  const ids = servers.all.flatMap(({ origin }) =>
    Array.from({ length: PER_ENDPOINT }, () => leased(pool, origin)),
  );
  await idle.closed(0);
  await Promise.all(ids.map((id) => pool.connectionReady(id)));
  for (const id of ids) pool.removeConnection(id);
});
