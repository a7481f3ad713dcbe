import { describe, expect, it } from 'vitest';
import { fetch, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { deafServer } from '../servers/deaf.js';
import { refusingOrigin } from '../servers/refusing.js';
import { scriptedServer } from '../servers/scripted.js';
import { freshPool, leased } from './pools.js';

describe('a lease is healthy', () => {
  it('while it connects', async () => {
    await using server = await deafServer();
    const pool = freshPool();
    const id = leased(pool, server.origin);
    expect(pool.healthCheck(id)).toBe(true);
    expect(pool.getStats()).toMatchObject({ pending: 1, activeConnections: 0 });
    pool.removeConnection(id);
  });

  it('while it is open, with a request on it or without', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
    });
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    expect(pool.healthCheck(id)).toBe(true);
    const failed = rejection(fetch(server.origin, { connection: id }));
    await (await server.connection(0)).bytes(1);
    expect(pool.healthCheck(id)).toBe(true);
    pool.removeConnection(id);
    await failed;
  });
});

describe('a lease is not healthy', () => {
  it('once connecting was refused, and says why', async () => {
    const pool = freshPool();
    const origin = await refusingOrigin();
    const id = leased(pool, origin);
    const error = await rejection(pool.connectionReady(id));
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect', origin });
    expect(pool.healthCheck(id)).toBe(false);
    expect(pool.returnConnection(id)).toBe(true);
    expect(pool.getStats().totalConnections).toBe(0);
  });

  it.each(['end', 'reset'] as const)('as soon as its peer has closed it by %s', async (how) => {
    await using server = await scriptedServer(() => {});
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    const connection = await server.connection(0);
    connection[how]();
    await connection.closed;
    expect(pool.healthCheck(id)).toBe(false);
    const error = await rejection(fetch(server.origin, { connection: id }));
    expect((error as TypeError).cause).toMatchObject({ code: 'UND_ERR_SOCKET', retryable: true });
    expect(pool.removeConnection(id)).toBe(true);
  });

  it('when a request on it has failed', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      connection.end('nonsense\r\n\r\n');
    });
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    await rejection(fetch(server.origin, { connection: id }));
    expect(pool.healthCheck(id)).toBe(false);
    expect(pool.getStats().activeConnections).toBe(0);
  });

  it.each([
    'conn_0',
    'conn_999999_9',
    'conn_-1_0',
    'conn_1e3_0',
    'nonsense',
    '',
    null,
    undefined,
    {},
    7,
  ])('as %j', (id) => {
    expect(freshPool().healthCheck(id as string)).toBe(false);
  });
});

describe('a connection that has died', () => {
  it('is never leased again', async () => {
    await using server = await scriptedServer(() => {});
    const pool = freshPool();
    pool.returnConnection(await pool.acquireConnection(server.origin));
    const first = await server.connection(0);
    first.end();
    await first.closed;
    const id = await pool.acquireConnection(server.origin);
    expect(server.connections.length).toBe(2);
    expect(pool.healthCheck(id)).toBe(true);
    pool.removeConnection(id);
  });

  it('is counted by cleanup, which ends its lease', async () => {
    await using server = await scriptedServer(() => {});
    const pool = freshPool();
    const [dead, alive] = [
      await pool.acquireConnection(server.origin),
      await pool.acquireConnection(server.origin),
    ];
    const first = await server.connection(0);
    first.end();
    await first.closed;
    expect(pool.cleanup()).toBe(1);
    expect(pool.cleanup()).toBe(0);
    expect(pool.returnConnection(dead)).toBe(false);
    expect(pool.healthCheck(alive)).toBe(true);
    pool.removeConnection(alive);
  });
});
