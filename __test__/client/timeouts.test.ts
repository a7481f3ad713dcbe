import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpClient, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { deafServer } from '../servers/deaf.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { portServer } from '../servers/ports.js';
import { scriptedServer } from '../servers/scripted.js';
import { stallingServer } from '../servers/stalling.js';

const LIMIT = 30;
/** Long enough for everything before the stall, on a busy machine too. */
const AMPLE = 500;

async function failure(promise: Promise<unknown>): Promise<WarmlineError> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(WarmlineError);
  return error as WarmlineError;
}

it('a server that takes nothing of a request is given up after the write timeout', async () => {
  // It accepts, and reads nothing.
  await using server = await listenOnLoopback(createServer({ pauseOnConnect: true }));
  await using client = new HttpClient({ writeTimeout: LIMIT, retry: false });
  const body = new Uint8Array(64 * 1024 * 1024);
  const error = await failure(client.request('POST', `http://127.0.0.1:${server.port}`, { body }));
  expect(error).toMatchObject({ code: 'WARMLINE_WRITE_TIMEOUT', phase: 'send' });
  expect(error.bytesSent).toBeGreaterThan(0);
});

describe.each([
  ['of the client', (limits: object) => [{ timeout: limits }, {}]],
  ['of the request', (limits: object) => [{}, { timeout: limits }]],
])('a deadline %s', (_, place) => {
  it('for connecting', async () => {
    await using server = await deafServer();
    const [ofClient, ofRequest] = place({ connect: LIMIT });
    await using client = new HttpClient({ ...ofClient, retry: false });
    const error = await failure(client.request('GET', server.origin, ofRequest));
    expect(error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', phase: 'connect' });
    expect(client.getPoolMetrics().connectionTimeoutsTotal).toBe(1);
  });

  it.each(['before the head', 'inside the head'] as const)(
    'for the first byte, from a server that stalls %s',
    async (point) => {
      await using server = await stallingServer(point);
      const [ofClient, ofRequest] = place({ firstByte: LIMIT });
      await using client = new HttpClient(ofClient);
      const error = await failure(client.request('GET', server.origin, ofRequest));
      expect(error).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT', phase: 'headers' });
      await server.connections[0]?.peerClosed;
    },
  );

  it.each(['after the head', 'inside the body'] as const)(
    'for the next piece, from a server that stalls %s',
    async (point) => {
      await using server = await stallingServer(point);
      const [ofClient, ofRequest] = place({ idle: LIMIT });
      await using client = new HttpClient(ofClient);
      const error = await failure(client.request('GET', server.origin, ofRequest));
      expect(error).toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT', phase: 'body' });
      await server.connections[0]?.peerClosed;
    },
  );

  it.each(['before the head', 'inside the head', 'after the head', 'inside the body'] as const)(
    'for all of it, from a server that stalls %s',
    async (point) => {
      await using server = await stallingServer(point);
      const [ofClient, ofRequest] = place({ total: AMPLE });
      await using client = new HttpClient(ofClient);
      const error = await failure(client.request('GET', server.origin, ofRequest));
      expect(error.code).toBe('WARMLINE_TOTAL_TIMEOUT');
      expect(error.message).toMatch(/timeout/);
      await server.connections[0]?.peerClosed;
    },
  );

  it('for a place in the pool', async () => {
    await using server = await stallingServer('before the head');
    const [ofClient, ofRequest] = place({ pool: LIMIT });
    const client = new HttpClient({ ...ofClient, maxConnections: 1 });
    const busy = rejection(client.request('GET', server.origin));
    await server.stalled(1);
    const error = await failure(client.request('GET', server.origin, ofRequest));
    expect(error).toMatchObject({ code: 'WARMLINE_POOL_TIMEOUT', phase: 'pool' });
    expect(client.getPoolMetrics().pendingRequests).toBe(0);
    client.destroy();
    await busy;
  });
});

it('the deadline for all of it closes the connection of a response that nobody reads', async () => {
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    await connection.send('HTTP/1.1 200 OK\r\n\r\n');
    // More than anybody keeps for a reader.
    for (;;) await connection.send(Buffer.alloc(100_000));
  });
  await using client = new HttpClient({ timeout: AMPLE });
  const response = await client.fetch(server.origin);
  await server.connections[0]?.peerClosed;
  const error = await rejection(response.text());
  expect(error).toMatchObject({ cause: { code: 'WARMLINE_TOTAL_TIMEOUT', phase: 'body' } });
  expect(client.getPoolMetrics().connectionsTotal).toBe(0);
});

it('the deadline for the first byte waits for a body that is streamed', async () => {
  await using server = await scriptedServer(async (connection) => {
    const { body } = await connection.request();
    if (`${body}` === 'slow') connection.end('HTTP/1.1 200 OK\r\n\r\n');
  });
  await using client = new HttpClient({ timeout: { firstByte: LIMIT } });
  const upload = (pieces: string[]) => {
    const body = new ReadableStream({
      async pull(controller) {
        // The deadline passes meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT));
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(Buffer.from(piece));
      },
    });
    return client.fetch(server.origin, { method: 'POST', body, duplex: 'half' });
  };
  expect((await upload(['sl', 'ow'])).status).toBe(200);
  const error = await rejection(upload(['unanswered']));
  expect(error).toMatchObject({ cause: { code: 'UND_ERR_HEADERS_TIMEOUT', phase: 'headers' } });
});

it('a number is the deadline for all of it', async () => {
  await using server = await stallingServer('inside the body');
  await using client = new HttpClient({ timeout: LIMIT });
  expect((await failure(client.request('GET', server.origin))).code).toBe('WARMLINE_TOTAL_TIMEOUT');
  await using patient = new HttpClient();
  const error = await failure(patient.request('GET', server.origin, { timeout: LIMIT }));
  expect(error.code).toBe('WARMLINE_TOTAL_TIMEOUT');
});

it('connectTimeout is the deadline for connecting', async () => {
  await using server = await deafServer();
  await using client = new HttpClient({ connectTimeout: LIMIT });
  const error = await failure(client.request('GET', server.origin));
  expect(error.code).toBe('UND_ERR_CONNECT_TIMEOUT');
});

it("a request's deadline goes before the client's", async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    await released;
    connection.end('HTTP/1.1 200 OK\r\n\r\n');
  });
  await using client = new HttpClient({ timeout: 10 });
  const slow = client.request('GET', server.origin, { timeout: 60_000 });
  // The other one's deadline passes meanwhile.
  const error = await failure(client.request('GET', server.origin));
  expect(error.code).toBe('WARMLINE_TOTAL_TIMEOUT');
  release();
  expect((await slow).status).toBe(200);
});

it('a deadline that is met leaves nothing behind', async () => {
  await using server = await portServer();
  await using client = new HttpClient({
    timeout: { connect: 20_000, firstByte: 20_000, idle: 20_000, total: 20_000, pool: 20_000 },
  });
  for (let i = 0; i < 20; i++) await client.request('GET', server.origin);
  expect(server.accepted.length).toBe(1);
});
