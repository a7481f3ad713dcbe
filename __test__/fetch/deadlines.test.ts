import { describe, expect, it } from 'vitest';
import { fetch, HttpClient, WarmlineError } from 'warmline';
import { deafServer } from '../servers/deaf.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { type StallPoint, stallingServer } from '../servers/stalling.js';
import { rejection, typeError } from './implementations.js';

const SHORT_MS = 30;
/** Long enough for everything before the stall, on a busy machine too. */
const AMPLE_MS = 500;

async function causeOf(promise: Promise<unknown>, message: string): Promise<WarmlineError> {
  const error = await typeError(promise);
  expect(error.message).toBe(message);
  expect(error.cause).toBeInstanceOf(WarmlineError);
  return error.cause as WarmlineError;
}

describe('warmline fetch: a deadline', () => {
  it.each<StallPoint>(['before the head', 'inside the head'])(
    'for the first byte ends a call that stalls %s, and closes the connection',
    async (point) => {
      await using server = await stallingServer(point);
      const cause = await causeOf(
        fetch(server.origin, { timeout: { firstByte: SHORT_MS } }),
        'fetch failed',
      );
      expect(cause).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT', phase: 'headers' });
      expect(cause.retryable).toBe(false);
      await (await server.connection(0)).closed;
    },
  );

  it.each<StallPoint>(['after the head', 'inside the body'])(
    'for silence ends a body that stalls %s, and closes the connection',
    async (point) => {
      await using server = await stallingServer(point);
      const response = await fetch(server.origin, { timeout: { idle: SHORT_MS } });
      const cause = await causeOf(response.text(), 'terminated');
      expect(cause).toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT', phase: 'body' });
      await (await server.connection(0)).closed;
    },
  );

  it.each<[StallPoint, string, string]>([
    ['before the head', 'fetch failed', 'headers'],
    ['inside the body', 'terminated', 'body'],
  ])('for all of it ends a call that stalls %s', async (point, message, phase) => {
    await using server = await stallingServer(point);
    const text = fetch(server.origin, { timeout: AMPLE_MS }).then((response) => response.text());
    const cause = await causeOf(text, message);
    expect(cause).toMatchObject({ code: 'WARMLINE_TOTAL_TIMEOUT', phase });
    await (await server.connection(0)).closed;
  });

  it.runIf(process.platform === 'linux')('for connecting ends an attempt that hangs', async () => {
    await using deaf = await deafServer();
    const cause = await causeOf(
      fetch(deaf.origin, { timeout: { connect: SHORT_MS } }),
      'fetch failed',
    );
    expect(cause).toMatchObject({
      code: 'UND_ERR_CONNECT_TIMEOUT',
      phase: 'connect',
      bytesSent: 0,
    });
    expect(cause.retryable).toBe(true);
  });

  it('for the handshake ends one that hangs', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.bytes(1);
    });
    const url = `https://127.0.0.1:${server.port}/`;
    const cause = await causeOf(fetch(url, { timeout: { connect: AMPLE_MS } }), 'fetch failed');
    expect(cause).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', phase: 'tls', bytesSent: 0 });
    await (await server.connection(0)).closed;
  });

  it('for a place in the pool ends the wait, and the request that has it goes on', async () => {
    await using server = await stallingServer('inside the body');
    await using client = new HttpClient({ maxConnections: 1, timeout: { pool: SHORT_MS } });
    const first = await client.fetch(server.origin);
    const cause = await causeOf(client.fetch(server.origin), 'fetch failed');
    expect(cause).toMatchObject({ code: 'WARMLINE_POOL_TIMEOUT', phase: 'pool', bytesSent: 0 });
    await server.connections[0]?.send('56789');
    expect(await first.text()).toBe('0123456789');
    expect(server.connections.length).toBe(1);
  });

  it('that is met does nothing', async () => {
    await using server = await scriptedServer(async (connection) => {
      for (;;) {
        await connection.request();
        await connection.send(answer('in time'));
      }
    });
    const hour = 3_600_000;
    const timeout = { connect: hour, firstByte: hour, idle: hour, total: hour, pool: hour };
    for (let i = 0; i < 10; i++) {
      expect(await (await fetch(server.origin, { timeout })).text()).toBe('in time');
    }
    expect(server.connections.length).toBe(1);
  });

  it.each([0, -1, Number.NaN, '5', { idle: 0 }, { unknown: 5 }, [5]])(
    'of %j is refused',
    async (timeout) => {
      expect(
        await rejection(fetch('http://127.0.0.1:9/', { timeout: timeout as number })),
      ).toBeInstanceOf(TypeError);
    },
  );
});
