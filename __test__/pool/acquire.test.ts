import { describe, expect, it } from 'vitest';
import { acquireConnection, returnConnection, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { deafServer } from '../servers/deaf.js';
import { portServer } from '../servers/ports.js';
import { refusingOrigin } from '../servers/refusing.js';
import { freshPool, leased } from './pools.js';

const PER_ENDPOINT = 10;

/** A pool whose endpoint is at its limit. */
async function fullPool(origin: string) {
  const pool = freshPool();
  const ids = Array.from({ length: PER_ENDPOINT }, () => leased(pool, origin));
  await Promise.all(ids.map((id) => pool.connectionReady(id)));
  return { pool, ids };
}

/** Resolves once the engine has heard of everything that was asked for so far. */
async function heard(pool: ReturnType<typeof freshPool>): Promise<void> {
  await pool.connectionReady('none').catch(() => {});
}

describe('acquireConnection', () => {
  it('gives a lease whose connection is open', async () => {
    await using server = await portServer();
    const id = await acquireConnection(server.origin);
    await server.connection(0);
    expect(returnConnection(id)).toBe(true);
  });

  it('waits its turn: first come, first served', async () => {
    await using server = await portServer();
    const { pool, ids } = await fullPool(server.origin);
    const order: number[] = [];
    const waiting = [0, 1, 2, 3, 4].map(async (place) => {
      const id = await pool.acquireConnection(server.origin);
      order.push(place);
      pool.returnConnection(id);
    });
    await heard(pool);
    expect(pool.getStats().waiting).toBe(5);
    pool.returnConnection(ids[0] as string);
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    await server.connection(PER_ENDPOINT - 1);
    expect(server.accepted.length).toBe(PER_ENDPOINT);
    for (const id of ids.slice(1)) pool.removeConnection(id);
  });

  it('goes before those who would not wait', async () => {
    await using server = await portServer();
    const { pool, ids } = await fullPool(server.origin);
    const waiting = pool.acquireConnection(server.origin);
    await heard(pool);
    pool.returnConnection(ids[0] as string);
    expect(pool.getConnection(server.origin)).toBeNull();
    const id = await waiting;
    expect(pool.healthCheck(id)).toBe(true);
    for (const each of [id, ...ids.slice(1)]) pool.removeConnection(each);
  });

  it('has a place as soon as a lease is removed or its connection fails', async () => {
    await using server = await portServer();
    const { pool, ids } = await fullPool(server.origin);
    const waiting = pool.acquireConnection(server.origin);
    await heard(pool);
    pool.removeConnection(ids[0] as string);
    const id = await waiting;
    await server.connection(PER_ENDPOINT);
    for (const each of [id, ...ids.slice(1)]) pool.removeConnection(each);
  });

  it('gives up after its timeout, and costs nobody a place', async () => {
    await using server = await portServer();
    const { pool, ids } = await fullPool(server.origin);
    const error = await rejection(pool.acquireConnection(server.origin, { timeout: 20 }));
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({
      code: 'WARMLINE_POOL_TIMEOUT',
      phase: 'pool',
      message: expect.stringContaining('20 ms'),
    });
    expect(pool.getStats().waiting).toBe(0);
    pool.returnConnection(ids[0] as string);
    expect(leased(pool, server.origin)).not.toBeNull();
    expect(pool.getConnection(server.origin)).toBeNull();
  });

  it('counts connecting into its timeout', async () => {
    await using server = await deafServer();
    const pool = freshPool();
    const error = await rejection(pool.acquireConnection(server.origin, { timeout: 20 }));
    expect(error).toMatchObject({ code: 'WARMLINE_POOL_TIMEOUT' });
    expect(pool.getStats()).toMatchObject({ activeConnections: 0, waiting: 0 });
  });

  it('fails as connecting fails', async () => {
    const origin = await refusingOrigin();
    const pool = freshPool();
    for (let i = 0; i < 2 * PER_ENDPOINT; i++) {
      const error = await rejection(pool.acquireConnection(origin));
      expect(error).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect', origin });
    }
    expect(pool.getStats().totalConnections).toBe(0);
  });

  it('rejects with the reason of a signal that was aborted before, and asks for nothing', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const reason = new Error('why');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(pool.acquireConnection(server.origin, { signal }))).toBe(reason);
    expect(pool.getStats().totalConnections).toBe(0);
  });

  it('leaves the line when its signal is aborted, and costs nobody a place', async () => {
    await using server = await portServer();
    const { pool, ids } = await fullPool(server.origin);
    const abort = new AbortController();
    const { signal } = abort;
    const left = rejection(pool.acquireConnection(server.origin, { signal }));
    const stayed = pool.acquireConnection(server.origin);
    await heard(pool);
    abort.abort(new Error('why'));
    expect(await left).toBe(signal.reason);
    pool.returnConnection(ids[0] as string);
    const id = await stayed;
    for (const each of [id, ...ids.slice(1)]) expect(pool.removeConnection(each)).toBe(true);
    expect(pool.getStats()).toMatchObject({ activeConnections: 0, waiting: 0 });
  });

  it('gives the lease back when its signal is aborted as it arrives', async () => {
    await using server = await portServer();
    const pool = freshPool();
    pool.returnConnection(await pool.acquireConnection(server.origin));
    for (let i = 0; i < 5 * PER_ENDPOINT; i++) {
      const abort = new AbortController();
      const lost = rejection(pool.acquireConnection(server.origin, { signal: abort.signal }));
      // The engine is asked at the end of this turn, and answers before the loop comes round.
      await Promise.resolve();
      process.nextTick(() => {
        while (pool.getStats().activeConnections === 0);
        abort.abort();
      });
      expect(await lost).toBe(abort.signal.reason);
    }
    await heard(pool);
    expect(pool.getStats()).toMatchObject({ activeConnections: 0, pending: 0 });
    for (let i = 0; i < PER_ENDPOINT; i++) leased(pool, server.origin);
  });

  it.each([0, -1, Number.NaN, '5', null])('refuses a timeout of %j', async (timeout) => {
    const pool = freshPool();
    const error = await rejection(
      pool.acquireConnection('http://127.0.0.1', { timeout: timeout as number }),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('timeout');
  });

  it.each([{}, 'aborted', 5])('refuses a signal of %j', async (signal) => {
    const pool = freshPool();
    const error = await rejection(
      pool.acquireConnection('http://127.0.0.1', { signal: signal as AbortSignal }),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('signal');
  });

  it('can wait a thousand times on one signal without a warning', async () => {
    await using server = await portServer();
    const { pool, ids } = await fullPool(server.origin);
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    const acquired = Array.from({ length: 1000 }, async () => {
      pool.returnConnection(await pool.acquireConnection(server.origin, { signal }));
    });
    await heard(pool);
    for (const id of ids) pool.returnConnection(id);
    await Promise.all(acquired);
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(pool.getStats()).toMatchObject({ activeConnections: 0, waiting: 0 });
  });
});

describe('connectionReady', () => {
  it.each(['conn_0', 'nonsense', null])('rejects for %j, which is no lease', async (id) => {
    const error = await rejection(freshPool().connectionReady(id as string));
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({ code: 'WARMLINE_CONNECTION_UNKNOWN', phase: 'pool' });
  });

  it('rejects for a lease of another pool', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const id = leased(pool, server.origin);
    const error = await rejection(freshPool().connectionReady(id));
    expect(error).toMatchObject({ code: 'WARMLINE_CONNECTION_UNKNOWN' });
    pool.removeConnection(id);
  });

  it('rejects when the lease is removed while it connects', async () => {
    await using server = await deafServer();
    const pool = freshPool();
    const id = leased(pool, server.origin);
    const failed = rejection(pool.connectionReady(id));
    await heard(pool);
    pool.removeConnection(id);
    expect(await failed).toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  it('says how long each step took', async () => {
    await using server = await portServer();
    const pool = freshPool();
    const { timings } = await pool.connectionReady(leased(pool, server.origin));
    for (const time of [timings.dns, timings.tcp, timings.tls]) {
      expect(time).toBeGreaterThanOrEqual(0);
    }
    expect(timings.tcp).toBeGreaterThan(0);
    expect(timings.tls).toBe(0);
  });
});
