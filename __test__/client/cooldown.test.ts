import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { fetch, getCooldowns, HttpClient, patch } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { run } from '../workers/program.js';

interface Refusing extends HttpServer {
  /** When each request came, in milliseconds. */
  readonly arrivals: readonly number[];
}

/** Refuses its first requests, with these headers, and serves all others. */
async function refusing(
  headers: Record<string, string>,
  count = 1,
  status = 429,
): Promise<Refusing> {
  const arrivals: number[] = [];
  const server = await httpServer((_, response) => {
    arrivals.push(performance.now());
    if (arrivals.length <= count) response.writeHead(status, headers).end();
    else response.end('served');
  });
  return Object.assign(server, { arrivals });
}

const once = (): HttpClient => new HttpClient({ retry: false, circuitBreaker: false });

const key = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

const pausesOf = (origin: string) => getCooldowns().filter((pause) => pause.origin === origin);

describe('a pause that a server asks for', () => {
  it.each([429, 503, 529])('with a %i holds for every client of the process', async (status) => {
    await using server = await refusing({ 'retry-after-ms': '200' }, 1, status);
    await using first = once();
    await using other = once();
    expect((await first.request('GET', server.origin, key('a'))).status).toBe(status);
    const responses = await Promise.all([
      first.request('GET', server.origin, key('a')),
      other.request('GET', server.origin, key('a')),
      fetch(server.origin, key('a')),
    ]);
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200]);
    const [refused, ...later] = server.arrivals as [number, ...number[]];
    expect(Math.min(...later) - refused).toBeGreaterThanOrEqual(190);
  });

  it('holds for that key and that origin alone', async () => {
    await using server = await refusing({ 'retry-after': '30' });
    await using elsewhere = await refusing({}, 0);
    await using client = once();
    await client.request('GET', server.origin, key('a'));
    for (const [origin, options] of [
      [server.origin, key('b')],
      [server.origin, {}],
      [server.origin, { headers: { 'x-api-key': 'a' } }],
      [elsewhere.origin, key('a')],
    ] as const) {
      expect((await client.request('GET', origin, options)).status).toBe(200);
    }
    const pauses = pausesOf(server.origin);
    expect(pauses).toEqual([
      {
        origin: server.origin,
        key: expect.stringMatching(/^[0-9a-f]{16}$/),
        retryAfter: expect.any(Number),
      },
    ]);
    expect(pauses[0]?.retryAfter).toBeGreaterThan(20_000);
  });

  it('is asked for by those statuses alone, and by a time', async () => {
    await using client = once();
    for (const [status, headers] of [
      [400, { 'retry-after': '30' }],
      [500, { 'retry-after': '30' }],
      [301, { 'retry-after': '30' }],
      [429, {}],
      [429, { 'retry-after': '0' }],
      [429, { 'retry-after': 'later' }],
    ] as const) {
      await using server = await refusing(headers, 1, status);
      await client.request('GET', server.origin);
      expect((await client.request('GET', server.origin)).status).toBe(200);
    }
  });

  it('fails who has less time than that, at once', async () => {
    await using server = await refusing({ 'retry-after': '30' });
    await using client = once();
    await client.request('GET', server.origin);
    const error = await rejection(client.request('GET', server.origin, { timeout: 5000 }));
    expect(error).toMatchObject({
      code: 'WARMLINE_COOLING_DOWN',
      phase: 'pool',
      retryable: true,
      origin: server.origin,
    });
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(20_000);
    expect(server.requestCount).toBe(1);
  });

  it('is left by who is stopped', async () => {
    await using server = await refusing({ 'retry-after': '30' });
    await using client = once();
    await client.request('GET', server.origin);
    const controller = new AbortController();
    const request = client.request('GET', server.origin, {
      signal: controller.signal,
      timeout: 60_000,
    });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(request).rejects.toThrow('enough');
    expect(server.requestCount).toBe(1);
  });

  it('is not waited for where it is longer than the client likes', async () => {
    await using server = await refusing({ 'retry-after': '30' });
    await using client = new HttpClient({ retry: false, cooldown: { maxDelay: 20_000 } });
    await using never = new HttpClient({ retry: false, cooldown: false });
    await using sooner = new HttpClient({ retry: { backoffMaxDelay: 1000 } });
    await client.request('GET', server.origin);
    for (const impatient of [client, never, sooner]) {
      expect((await impatient.request('GET', server.origin)).status).toBe(200);
    }
    await using hour = await refusing({ 'retry-after': '3600' });
    expect((await fetch(hour.origin)).status).toBe(429);
    expect((await fetch(hour.origin)).status).toBe(200);
  });

  it('is not learnt by a client that does not heed it', async () => {
    await using server = await refusing({ 'retry-after': '30' });
    await using never = new HttpClient({ retry: false, cooldown: false });
    await never.request('GET', server.origin);
    expect(pausesOf(server.origin)).toEqual([]);
  });

  it('sends those who waited one after another', async () => {
    await using server = await refusing({ 'retry-after-ms': '300' }, 1);
    await using client = once();
    await client.request('GET', server.origin);
    const waiting = Array.from({ length: 200 }, () => client.request('GET', server.origin));
    const statuses = new Set((await Promise.all(waiting)).map(({ status }) => status));
    expect([...statuses]).toEqual([200]);
    const [, ...arrivals] = server.arrivals as [number, ...number[]];
    // What the slow start takes for 200, with 150 ms for each doubling of the first eight.
    const spread = Math.max(...arrivals) - Math.min(...arrivals);
    expect(spread).toBeGreaterThan(500);
    const first = Math.min(...arrivals);
    const early = arrivals.filter((arrival) => arrival - first < 150).length;
    expect(early).toBeLessThan(40);
  });

  it('holds back those who have not left yet when it is asked for again', async () => {
    await using server = await refusing({ 'retry-after-ms': '400' }, 2);
    await using client = once();
    await client.request('GET', server.origin);
    const waiting = Array.from({ length: 20 }, () => client.request('GET', server.origin));
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBe(1);
    const [, second, ...later] = server.arrivals as [number, number, ...number[]];
    // The first stretch is 200 ms for eight: few can have been under way.
    const early = later.filter((arrival) => arrival - second < 390).length;
    expect(early).toBeLessThan(8);
  });

  it('holds for a patched SDK, too', async () => {
    await using server = await refusing({ 'retry-after-ms': '200' });
    const sdk = new OpenAI({ apiKey: 'key', baseURL: server.origin, maxRetries: 0 });
    patch(sdk);
    expect(await rejection(sdk.models.list().asResponse())).toMatchObject({ status: 429 });
    await sdk.models.list().asResponse();
    const [refused, served] = server.arrivals as [number, number];
    expect(served - refused).toBeGreaterThanOrEqual(190);
  });

  it('leads requests to another endpoint', async () => {
    await using busy = await refusing({ 'retry-after': '30' }, 1000);
    await using well = await refusing({}, 0);
    await using client = new HttpClient({
      endpoints: [busy.origin, well.origin],
      retry: false,
    });
    const statuses: number[] = [];
    for (let number = 0; number < 10; number++) {
      statuses.push((await client.request('GET', '/')).status);
    }
    expect(statuses.filter((status) => status === 429).length).toBe(1);
    expect([busy.requestCount, well.requestCount]).toEqual([1, 9]);
  });
});

describe('threads of a process', () => {
  it('share pauses and circuit breakers', async () => {
    await using server = await httpServer(({ url }, response) => {
      const busy = url === '/busy';
      response.writeHead(busy ? 429 : 500, busy ? { 'retry-after': '30' } : {}).end();
    });
    const ending = await run('policies.mjs', [server.origin]);
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
      busy: 429,
      busyThere: 'WARMLINE_COOLING_DOWN',
      broken: [500, 500],
      brokenThere: 'WARMLINE_CIRCUIT_OPEN',
      toldThere: 'open',
      closedHere: 'closed',
    });
    expect(server.requestCount).toBe(3);
  });
});
