import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  type CircuitBreakerChange,
  type CircuitBreakerOptions,
  CircuitOpenError,
  HttpClient,
  type HttpClientOptions,
  patch,
  WarmlineError,
} from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { Changes } from '../servers/changes.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { scriptedServer } from '../servers/scripted.js';

/** A server whose status can be changed. */
async function serverWith(status: number): Promise<HttpServer & { status: number }> {
  const state = { status };
  const server = await httpServer((_, response) => response.writeHead(state.status).end());
  return Object.defineProperty(server as HttpServer & { status: number }, 'status', {
    get: () => state.status,
    set: (value: number) => {
      state.status = value;
    },
  });
}

const breaking = (
  circuitBreaker?: CircuitBreakerOptions,
  options: HttpClientOptions = {},
): HttpClient =>
  new HttpClient({
    retry: false,
    ...options,
    ...(circuitBreaker === undefined ? {} : { circuitBreaker }),
  });

const states = (client: HttpClient): [string, string][] =>
  client.getCircuitBreakers().map(({ place, state }) => [place, state]);

describe('the circuit breaker of an origin', () => {
  it('opens after five failures in a row, and answers at once', async () => {
    await using server = await serverWith(500);
    await using client = breaking();
    for (let number = 0; number < 5; number++) {
      expect((await client.request('GET', server.origin)).status).toBe(500);
    }
    const before = Date.now();
    const error = (await rejection(client.request('GET', server.origin))) as CircuitOpenError;
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      code: 'WARMLINE_CIRCUIT_OPEN',
      phase: 'pool',
      origin: server.origin,
      attempt: 0,
      retryable: true,
    });
    expect(error.retryAfter).toBeGreaterThan(50_000);
    expect(error.retryAfter).toBeLessThanOrEqual(60_000);
    expect(error.retryAt.getTime()).toBeGreaterThanOrEqual(before + error.retryAfter);
    const cause = ((await rejection(client.fetch(server.origin))) as TypeError).cause;
    expect(cause).toBeInstanceOf(CircuitOpenError);
    expect(server.requestCount).toBe(5);
    expect(client.getCircuitBreakers()).toMatchObject([
      { place: server.origin, state: 'open', openedTotal: 1, refusedTotal: 2 },
    ]);
  });

  it('stays closed where refusals are quick and the answers to those before them slow', async () => {
    const SLOW = 10;
    const held: ServerResponse[] = [];
    const changes = new Changes();
    await using server = await httpServer((request, response) => {
      if (request.url === '/slow') {
        held.push(response);
        changes.change();
      } else response.writeHead(503).end();
    });
    await using client = breaking();
    const slow = Array.from({ length: SLOW }, () => client.request('GET', `${server.origin}/slow`));
    await changes.untilTrue(() => held.length === SLOW);
    for (let number = 1; number < SLOW; number++) {
      expect((await client.request('GET', server.origin)).status).toBe(503);
    }
    for (const response of held) response.end();
    await Promise.all(slow);
    expect(states(client)).toEqual([[server.origin, 'closed']]);
  });

  it('is not opened by what is wrong with requests', async () => {
    await using server = await serverWith(429);
    await using client = breaking({ failureThreshold: 1 });
    for (const status of [400, 401, 404, 408, 429]) {
      server.status = status;
      expect((await client.request('GET', server.origin)).status).toBe(status);
    }
    expect(client.getCircuitBreakers()).toMatchObject([
      { state: 'closed', failures: 0, requests: 5, failureRate: 0 },
    ]);
  });

  it('is opened by time-outs and by connections that are refused or break', async () => {
    await using silent = await scriptedServer(async (connection) => {
      await connection.request();
    });
    await using broken = await scriptedServer((connection) => connection.reset());
    for (const [origin, timeout] of [
      [silent.origin, { firstByte: 50 }],
      [silent.origin, 50],
      [broken.origin, 30_000],
      [await refusingOrigin(), 30_000],
    ] as const) {
      await using client = breaking({ failureThreshold: 2 }, { timeout });
      client.resetCircuitBreakers();
      for (let number = 0; number < 2; number++) {
        const error = await rejection(client.request('GET', origin));
        expect(error).not.toBeInstanceOf(CircuitOpenError);
      }
      const error = await rejection(client.request('GET', origin));
      expect(error).toBeInstanceOf(CircuitOpenError);
    }
  });

  it('is opened by half of the requests failing, though never in a row', async () => {
    await using server = await serverWith(200);
    await using client = breaking({ minimumRequests: 10 });
    for (let number = 0; number < 10; number++) {
      server.status = number % 2 === 0 ? 200 : 503;
      await client.request('GET', server.origin);
    }
    expect(states(client)).toEqual([[server.origin, 'open']]);
  });

  it('lets one request see whether the place has recovered', async () => {
    const held = new Changes();
    const waiting: (() => void)[] = [];
    let fails = true;
    await using server = await httpServer((_, response) => {
      if (fails) {
        response.writeHead(503).end();
        return;
      }
      waiting.push(() => response.end('well'));
      held.change();
    });
    await using client = breaking({ failureThreshold: 1, recoveryTimeout: 60 });
    await client.request('GET', server.origin);
    await rejection(client.request('GET', server.origin));
    await sleep(70);
    expect(states(client)).toEqual([[server.origin, 'half-open']]);
    // It fails again.
    expect((await client.request('GET', server.origin)).status).toBe(503);
    expect(states(client)).toEqual([[server.origin, 'open']]);
    await sleep(70);
    fails = false;
    const probe = client.request('GET', server.origin);
    await held.untilTrue(() => waiting.length === 1);
    const error = (await rejection(client.request('GET', server.origin))) as CircuitOpenError;
    expect([error.code, error.retryAfter]).toEqual(['WARMLINE_CIRCUIT_OPEN', 0]);
    waiting[0]?.();
    expect((await probe).text()).toBe('well');
    expect(states(client)).toEqual([[server.origin, 'closed']]);
    expect(server.requestCount).toBe(3);
  });

  it('can be closed by hand', async () => {
    await using first = await serverWith(500);
    await using second = await serverWith(500);
    await using client = breaking({ failureThreshold: 1 });
    await client.request('GET', first.origin);
    await client.request('GET', second.origin);
    client.resetCircuitBreakers(first.origin);
    expect(new Map(states(client))).toEqual(
      new Map([
        [first.origin, 'closed'],
        [second.origin, 'open'],
      ]),
    );
    client.resetCircuitBreakers();
    expect((await client.request('GET', second.origin)).status).toBe(500);
  });

  it('is for that origin alone', async () => {
    await using broken = await serverWith(500);
    await using well = await serverWith(200);
    await using client = breaking({ failureThreshold: 1 });
    await client.request('GET', broken.origin);
    await rejection(client.request('GET', broken.origin));
    expect((await client.request('GET', well.origin)).status).toBe(200);
  });

  it('is shared by clients that are set up alike, and by no others', async () => {
    await using server = await serverWith(500);
    await using one = breaking({ failureThreshold: 1 });
    await using alike = breaking({ failureThreshold: 1 }, { maxConnections: 5 });
    await using other = breaking({ failureThreshold: 2 });
    await using elsewhere = breaking({ failureThreshold: 1 }, { proxy: server.origin });
    await one.request('GET', server.origin);
    expect(await rejection(alike.request('GET', server.origin))).toBeInstanceOf(CircuitOpenError);
    for (const client of [other, elsewhere]) {
      expect((await client.request('GET', server.origin)).status).toBe(500);
    }
  });

  it('can be left out', async () => {
    await using server = await serverWith(500);
    await using client = new HttpClient({ retry: false, circuitBreaker: false });
    for (let number = 0; number < 20; number++) {
      expect((await client.request('GET', server.origin)).status).toBe(500);
    }
    expect(client.getCircuitBreakers()).toEqual([]);
  });

  it('ends retries with the answer that opened it', async () => {
    await using server = await serverWith(503);
    await using client = breaking(
      { failureThreshold: 2 },
      { retry: { attempts: 5, backoffFactor: 0 } },
    );
    expect((await client.request('GET', server.origin)).status).toBe(503);
    expect(server.requestCount).toBe(2);
  });

  it('is heeded by a patched SDK over the client, too', async () => {
    await using server = await serverWith(500);
    await using client = breaking({ failureThreshold: 2 });
    const sdk = new OpenAI({ apiKey: 'key', baseURL: server.origin, maxRetries: 0 });
    patch(sdk, { client });
    for (let number = 0; number < 3; number++) await rejection(sdk.models.list().withResponse());
    expect(server.requestCount).toBe(2);
  });
});

describe('the circuit breakers of endpoints', () => {
  it('keep requests from the one that fails', async () => {
    await using broken = await serverWith(500);
    await using well = await serverWith(200);
    await using client = breaking(
      { failureThreshold: 2 },
      { endpoints: [`${broken.origin}/v1`, `${well.origin}/v1`] },
    );
    for (let number = 0; number < 20; number++) await client.request('GET', '/models');
    expect([broken.requestCount, well.requestCount]).toEqual([2, 18]);
    expect(new Map(states(client))).toEqual(
      new Map([
        [`${broken.origin}/v1`, 'open'],
        [`${well.origin}/v1`, 'closed'],
      ]),
    );
  });

  it('answer at once when all are open', async () => {
    await using first = await serverWith(500);
    await using second = await serverWith(500);
    await using client = breaking(
      { failureThreshold: 1 },
      { endpoints: [first.origin, second.origin] },
    );
    for (let number = 0; number < 2; number++) await client.request('GET', '/');
    const error = await rejection(client.request('GET', '/'));
    // The one that opens first is the one that will be tried first.
    expect(error).toMatchObject({ code: 'WARMLINE_CIRCUIT_OPEN', origin: first.origin });
    expect([first.requestCount, second.requestCount]).toEqual([1, 1]);
  });
});

describe('changes of circuit breakers', () => {
  const CHANNEL = 'warmline:circuit-breaker';

  it('are published', async () => {
    await using server = await serverWith(500);
    const told: CircuitBreakerChange[] = [];
    const changes = new Changes();
    const listen = (message: unknown): void => {
      const change = message as CircuitBreakerChange;
      if (change.place !== server.origin) return;
      told.push(change);
      changes.change();
    };
    subscribe(CHANNEL, listen);
    try {
      await using client = breaking({ failureThreshold: 1, recoveryTimeout: 30 });
      // One that is set up alike does not have them told twice.
      await using _alike = breaking({ failureThreshold: 1, recoveryTimeout: 30 });
      await client.request('GET', server.origin);
      server.status = 200;
      await sleep(40);
      await client.request('GET', server.origin);
      await changes.untilTrue(() => told.length >= 3);
    } finally {
      unsubscribe(CHANNEL, listen);
    }
    const place = server.origin;
    expect(told).toEqual([
      { place, from: 'closed', to: 'open', retryAfter: expect.any(Number) },
      { place, from: 'open', to: 'half-open', retryAfter: 0 },
      { place, from: 'half-open', to: 'closed', retryAfter: 0 },
    ]);
    expect(told[0]?.retryAfter).toBeGreaterThan(0);
  });

  it('are not, without monitoring', async () => {
    await using quiet = await serverWith(500);
    await using loud = await serverWith(500);
    const places: string[] = [];
    const changes = new Changes();
    const listen = (message: unknown): void => {
      places.push((message as CircuitBreakerChange).place);
      changes.change();
    };
    subscribe(CHANNEL, listen);
    try {
      await using silent = breaking({ failureThreshold: 1, monitoringEnabled: false });
      await using client = breaking({ failureThreshold: 1 });
      await silent.request('GET', quiet.origin);
      await client.request('GET', loud.origin);
      // Changes are told in their order: what the quiet one had to say would be there by now.
      await changes.untilTrue(() => places.includes(loud.origin));
    } finally {
      unsubscribe(CHANNEL, listen);
    }
    expect(places).not.toContain(quiet.origin);
  });
});
