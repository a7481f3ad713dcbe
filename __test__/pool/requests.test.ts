import { describe, expect, it } from 'vitest';
import { fetch, HttpClient, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { echoed, echoServer } from '../servers/echo.js';
import { portOf, portServer } from '../servers/ports.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { freshPool } from './pools.js';

/** The typed cause of a failed fetch. */
async function causeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(TypeError);
  const { message, cause } = error as TypeError;
  expect(message).toBe('fetch failed');
  expect(cause).toBeInstanceOf(WarmlineError);
  return cause;
}

describe('a request on a lease', () => {
  it('is refused while another one is on it, which goes on', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
    });
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    const first = fetch(server.origin, { connection: id });
    const connection = await server.connection(0);
    await connection.bytes(1);
    expect(await causeOf(fetch(server.origin, { connection: id }))).toMatchObject({
      code: 'WARMLINE_CONNECTION_BUSY',
      phase: 'pool',
    });
    await connection.send(answer('first'));
    expect(await (await first).text()).toBe('first');
    expect(server.connections.length).toBe(1);
    pool.removeConnection(id);
  });

  it('to another origin is refused', async () => {
    await using server = await portServer();
    await using other = await portServer();
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    expect(await causeOf(fetch(other.origin, { connection: id }))).toMatchObject({
      code: 'WARMLINE_CONNECTION_ORIGIN',
      phase: 'pool',
    });
    expect(other.accepted.length).toBe(0);
    expect(await (await fetch(server.origin, { connection: id })).text()).toMatch(/^\d+$/);
    pool.removeConnection(id);
  });

  it.each(['returned', 'removed'] as const)('that was %s is refused', async (how) => {
    await using server = await portServer();
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    if (how === 'returned') pool.returnConnection(id);
    else pool.removeConnection(id);
    expect(await causeOf(fetch(server.origin, { connection: id }))).toMatchObject({
      code: 'WARMLINE_CONNECTION_UNKNOWN',
      phase: 'pool',
    });
    expect(server.requestCount).toBe(0);
  });

  it('that was never given out is refused', async () => {
    await using server = await portServer();
    expect(await causeOf(fetch(server.origin, { connection: 'conn_77_3' }))).toMatchObject({
      code: 'WARMLINE_CONNECTION_UNKNOWN',
      phase: 'pool',
    });
    expect(server.requestCount).toBe(0);
  });

  it.each(['nonsense', '', 'conn_', 'conn_0', null, 5])(
    'is refused where %j stands for its id, and goes out on no other connection',
    async (connection) => {
      await using server = await portServer();
      await using client = new HttpClient();
      const wrong = { connection: connection as string };
      for (const refused of [
        () => fetch(server.origin, wrong),
        () => client.fetch(server.origin, wrong),
        () => client.request('GET', server.origin, wrong),
      ]) {
        const error = await rejection(refused());
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      }
      expect(server.requestCount).toBe(0);
    },
  );

  it('of a client goes out on the lease too', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    const { localAddress } = await pool.connectionReady(id);
    const whole = await client.request('GET', server.origin, { connection: id });
    expect(whole.text()).toBe(portOf(localAddress));
    const response = await client.fetch(server.origin, { connection: id });
    expect(await response.text()).toBe(portOf(localAddress));
    pool.removeConnection(id);
  });

  it('carries a body both ways, again and again', async () => {
    await using server = await echoServer();
    const pool = freshPool();
    const connection = await pool.acquireConnection(server.origin);
    for (const size of [0, 1, 1000, 100_000, 1_000_000]) {
      const body = 'x'.repeat(size);
      const seen = await echoed(fetch(server.origin, { method: 'POST', body, connection }));
      expect(seen.text).toBe(body);
    }
    expect(server.accepted.length).toBe(1);
    pool.removeConnection(connection);
  });

  it('ends with its lease when that is removed', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
    });
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    const failed = rejection(fetch(server.origin, { connection: id }));
    const connection = await server.connection(0);
    await connection.bytes(1);
    pool.removeConnection(id);
    expect(((await failed) as TypeError).cause).toBeInstanceOf(WarmlineError);
    await connection.peerClosed;
  });

  it('goes on when its lease is returned, and its connection serves the next one', async () => {
    await using server = await scriptedServer(async (connection) => {
      for (;;) {
        const { target } = await connection.request();
        if (target !== '/held') await connection.send(answer(target));
      }
    });
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    const held = fetch(`${server.origin}/held`, { connection: id });
    const connection = await server.connection(0);
    await connection.bytes(1);
    pool.returnConnection(id);
    await connection.send(answer('held'));
    expect(await (await held).text()).toBe('held');
    const next = await pool.acquireConnection(server.origin);
    expect(await (await fetch(`${server.origin}/next`, { connection: next })).text()).toBe('/next');
    expect(server.connections.length).toBe(1);
    pool.removeConnection(next);
  });

  it('that is aborted costs the lease its connection', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
    });
    const pool = freshPool();
    const id = await pool.acquireConnection(server.origin);
    const abort = new AbortController();
    const failed = rejection(fetch(server.origin, { connection: id, signal: abort.signal }));
    const connection = await server.connection(0);
    await connection.bytes(1);
    abort.abort();
    expect(await failed).toBe(abort.signal.reason);
    await connection.peerClosed;
    expect(pool.healthCheck(id)).toBe(false);
    expect(pool.returnConnection(id)).toBe(true);
  });
});
