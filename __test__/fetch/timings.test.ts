import { describe, expect, it } from 'vitest';
import { fetch, HttpClient, type RequestTimings, type WarmlineError } from 'warmline';
import { selfSigned } from '../servers/certificates.js';
import { deafServer } from '../servers/deaf.js';
import { httpServer } from '../servers/http.js';
import { httpsServer } from '../servers/https.js';
import { refusingOrigin } from '../servers/refusing.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { stallingServer } from '../servers/stalling.js';
import { rejection, typeError } from './implementations.js';

const NAMES = ['queue', 'dns', 'connect', 'tls', 'send', 'firstByte', 'total'];

/** Microseconds that are lost when six times are cut to whole ones. */
const ROUNDING = 0.006;

/** Checks what holds for all timings of a response that is complete. */
function consistent(timings: RequestTimings | undefined): RequestTimings {
  if (timings === undefined) throw new Error('there are no timings');
  expect(Object.keys(timings)).toEqual(NAMES);
  for (const time of Object.values(timings)) expect(time).toBeGreaterThanOrEqual(0);
  const { queue, dns, connect, tls, send, firstByte, total = 0 } = timings;
  expect(queue + ROUNDING).toBeGreaterThanOrEqual(dns + connect + tls);
  expect(total + ROUNDING).toBeGreaterThanOrEqual(queue + send + firstByte);
  expect(firstByte).toBeGreaterThan(0);
  return timings;
}

async function causeOf(promise: Promise<unknown>): Promise<WarmlineError> {
  return (await typeError(promise)).cause as WarmlineError;
}

it('are those of a response that came whole, and of the connection it came on', async () => {
  await using server = await httpServer((_, response) => response.end('hello'));
  const first = await fetch(server.origin);
  const clone = first.clone() as typeof first;
  await first.text();
  const second = await fetch(server.origin);
  expect(consistent(first.timings).connect).toBeGreaterThan(0);
  expect(consistent(second.timings)).toMatchObject({ dns: 0, connect: 0, tls: 0 });
  const [socket] = server.accepted;
  expect(first.connection).toEqual({
    id: expect.any(Number),
    reused: false,
    protocol: 'http/1.1',
    attempt: 1,
    remoteAddress: `127.0.0.1:${server.port}`,
    localAddress: `127.0.0.1:${socket?.remotePort}`,
  });
  expect(second.connection).toEqual({ ...first.connection, reused: true });
  expect(clone.timings).toEqual(first.timings);
});

it('are those of HttpClient.request, large or small', async () => {
  await using server = await httpServer((request, response) => {
    response.end(request.url === '/large' ? Buffer.alloc(1_000_000) : 'small');
  });
  await using client = new HttpClient();
  for (const path of ['/small', '/large']) {
    const response = await client.request('GET', server.origin + path);
    consistent(response.timings);
    expect(response.connection.remoteAddress).toBe(`127.0.0.1:${server.port}`);
  }
});

it('of TLS and of a name are told apart', async () => {
  const identity = selfSigned({ name: 'localhost', hosts: ['localhost'] });
  await using server = await httpsServer(identity, (_, response) => response.end('hello'));
  await using client = new HttpClient({ tls: { ca: identity.cert } });
  const { timings } = await client.request('GET', `https://localhost:${server.port}`);
  expect(consistent(timings).tls).toBeGreaterThan(0);
  expect(timings.dns).toBeGreaterThan(0);
});

it('have no total before the body has ended', async () => {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    await connection.send('HTTP/1.1 200 OK\r\n\r\nfirst');
    await finished;
    connection.end('last');
  });
  const response = await fetch(server.origin);
  expect(response.timings).toMatchObject({ total: undefined, firstByte: expect.any(Number) });
  finish();
  expect(await response.text()).toBe('firstlast');
  consistent(response.timings);
});

it('say how long the body took to be sent', async () => {
  let go = () => {};
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      controller.enqueue(Buffer.from('body'));
      controller.close();
    },
  });
  await using server = await scriptedServer(async (connection) => {
    await connection.head();
    // The head of the request was sent; what is slow from here on is its body.
    const since = performance.now();
    while (performance.now() - since < 5) await new Promise((resolve) => setImmediate(resolve));
    go();
    await connection.bytes(connection.receivedLength + 4);
    await connection.send(answer('ok'));
  });
  const response = await fetch(server.origin, { method: 'POST', body, duplex: 'half' });
  await response.text();
  expect(consistent(response.timings).send).toBeGreaterThanOrEqual(4);
});

it('after a redirect are those of the last request, and the total is that of all', async () => {
  await using server = await httpServer((request, response) => {
    if (request.url === '/to') response.end('there');
    else response.writeHead(302, { location: '/to' }).end();
  });
  const response = await fetch(`${server.origin}/from`);
  await response.text();
  expect(consistent(response.timings).connect).toBe(0);
});

it('are not there for what came over no network', async () => {
  const response = await fetch('data:text/plain,hello');
  expect([response.timings, response.connection]).toEqual([undefined, undefined]);
});

describe('of an error without a connection go as far as it came', () => {
  const LIMIT = 30;

  /** Checks that an error has these times and no others; the last is that of the step that failed. */
  function reached(error: WarmlineError, ...names: (keyof RequestTimings)[]): number {
    const { timings = {} } = error;
    expect(Object.keys(timings)).toEqual([...names, 'total']);
    const { queue = 0, dns = 0, connect = 0, tls = 0, total = 0 } = timings;
    for (const time of [queue, dns, connect, tls]) expect(time).toBeGreaterThanOrEqual(0);
    expect(queue + ROUNDING).toBeGreaterThanOrEqual(dns + connect + tls);
    expect(total + ROUNDING).toBeGreaterThanOrEqual(queue);
    expect(error.connection).toBeUndefined();
    return timings[names.at(-1) as keyof RequestTimings] as number;
  }

  const failed = async (client: HttpClient, url: string): Promise<WarmlineError> =>
    (await rejection(client.request('GET', url))) as WarmlineError;

  it('where the name is not found', async () => {
    await using client = new HttpClient({
      dns: { lookup: (_, __, callback) => setTimeout(callback, LIMIT, null, []) },
      retry: false,
    });
    const error = await failed(client, 'http://a.test');
    expect(error).toMatchObject({ code: 'ENOTFOUND', phase: 'dns' });
    expect(reached(error, 'queue', 'dns')).toBeGreaterThanOrEqual(LIMIT - 1);
  });

  it('where the connection is refused', async () => {
    const error = await causeOf(fetch(await refusingOrigin()));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect' });
    expect(reached(error, 'queue', 'dns', 'connect')).toBeGreaterThan(0);
  });

  it('where TLS fails', async () => {
    const identity = selfSigned({ name: 'localhost', hosts: ['localhost'] });
    await using server = await httpsServer(identity, (_, response) => response.end());
    const error = await causeOf(fetch(`https://localhost:${server.port}`));
    expect(error.phase).toBe('tls');
    expect(reached(error, 'queue', 'dns', 'connect', 'tls')).toBeGreaterThan(0);
    expect(error.timings?.connect).toBeGreaterThan(0);
  });

  it('where it took too long to look the name up', async () => {
    // Held on to: a callback that was collected can no longer be called, which is an error of its own.
    const unanswered: unknown[] = [];
    await using client = new HttpClient({
      dns: { lookup: (...question) => unanswered.push(question) },
      connectTimeout: LIMIT,
      retry: false,
    });
    const error = await failed(client, 'http://a.test');
    expect(error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', phase: 'dns' });
    expect(reached(error, 'queue', 'dns')).toBeGreaterThanOrEqual(LIMIT - 1);
  });

  it.runIf(process.platform === 'linux')('where it took too long to connect', async () => {
    await using server = await deafServer();
    await using client = new HttpClient({ connectTimeout: LIMIT, retry: false });
    const error = await failed(client, server.origin);
    expect(error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', phase: 'connect' });
    expect(reached(error, 'queue', 'dns', 'connect')).toBeGreaterThanOrEqual(LIMIT - 1);
  });

  it('where TLS took too long', async () => {
    // It accepts, and says nothing.
    await using server = await scriptedServer(async (connection) => connection.peerClosed);
    await using client = new HttpClient({ connectTimeout: LIMIT, retry: false });
    const error = await failed(client, server.origin.replace('http:', 'https:'));
    expect(error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', phase: 'tls' });
    expect(reached(error, 'queue', 'dns', 'connect', 'tls')).toBeGreaterThan(0);
    expect(error.timings?.queue).toBeGreaterThanOrEqual(LIMIT - 1);
  });

  it('where no connection was free', async () => {
    await using server = await stallingServer('before the head');
    await using client = new HttpClient({
      maxConnections: 1,
      timeout: { pool: LIMIT },
      retry: false,
    });
    const abort = new AbortController();
    const stalled = client.request('GET', server.origin, { signal: abort.signal });
    await server.stalled(1);
    const error = await failed(client, server.origin);
    expect(error.code).toBe('WARMLINE_POOL_TIMEOUT');
    expect(reached(error, 'queue')).toBeGreaterThanOrEqual(LIMIT - 1);
    abort.abort();
    await rejection(stalled);
  });
});

it('of an error on a connection say how it came to have it', async () => {
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    connection.reset();
  });
  const error = await causeOf(fetch(server.origin));
  expect(Object.keys(error.timings ?? {})).toEqual(NAMES);
  expect(error.timings?.connect).toBeGreaterThan(0);
  expect(error.timings?.total).toBeGreaterThanOrEqual(error.timings?.connect ?? 0);
  expect(error.connection).toMatchObject({
    reused: false,
    remoteAddress: `127.0.0.1:${server.port}`,
  });
});

it.each(['fetch', 'request'])(
  'of an error in the body of %s are those of its head, too',
  async (way) => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      connection.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    });
    await using client = new HttpClient();
    const error =
      way === 'fetch'
        ? await causeOf(client.fetch(server.origin).then((response) => response.text()))
        : ((await rejection(client.request('GET', server.origin))) as WarmlineError);
    expect(error.code).toBe('UND_ERR_SOCKET');
    consistent(error.timings as RequestTimings);
    expect(error.connection?.remoteAddress).toBe(`127.0.0.1:${server.port}`);
  },
);

it('are not there for what is no request', () => {
  const error = rejectionOf(() => new HttpClient({ tls: { ca: 'no certificate' } }));
  expect((error as WarmlineError).timings).toBeUndefined();
});

function rejectionOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}
