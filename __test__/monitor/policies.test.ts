import { describe, expect, it } from 'vitest';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { readOpenMetrics } from './exposition.js';
import { watched } from './watched.js';

type Setup = Awaited<ReturnType<typeof watched>>;

const originOf = async (setup: Setup) => (await setup.json('/metrics')).pools.default.origins[0];

describe('figures of what is done about failures', () => {
  it('count each time that a request is sent again', async () => {
    let asked = 0;
    await using server = await httpServer((_, response) => {
      asked += 1;
      response.writeHead(asked < 3 ? 503 : 200).end();
    });
    await using setup = await watched({}, { retry: { attempts: 5, backoffFactor: 0.001 } });
    await setup.client.request('GET', server.origin);
    expect((await originOf(setup)).retries_total).toBe(2);
    const { connection_pool: pool } = await setup.json('/metrics');
    // One request for whoever called, however often it was sent.
    expect(pool).toMatchObject({ total_requests: 1, error_count: 0, retries_total: 2 });
  });

  it('tell second requests that were the answer from those that were not', async () => {
    const first = new Changes();
    let released = false;
    let asked = 0;
    await using server = await httpServer(async (_, response) => {
      asked += 1;
      if (asked === 1) await first.untilTrue(() => released);
      response.end();
    });
    await using setup = await watched({}, { hedge: { delay: 1 } });
    await setup.client.request('GET', server.origin);
    released = true;
    first.change();
    expect(await originOf(setup)).toMatchObject({ hedges_total: 1, hedges_won_total: 1 });
  });

  it('have the pauses that servers ask for, and who waits for their end', async () => {
    let asked = 0;
    await using server = await httpServer((_, response) => {
      asked += 1;
      const paused = asked === 1;
      response.writeHead(paused ? 429 : 200, paused ? { 'retry-after-ms': '300' } : {}).end();
    });
    await using setup = await watched();
    await setup.client.request('GET', server.origin);
    expect((await originOf(setup)).cooldown_left_seconds).toBeGreaterThan(0);
    expect((await setup.json('/metrics')).connection_pool.cooldowns_active).toBe(1);
    const { cooldowns } = await setup.json('/health/circuit-breaker');
    expect(cooldowns).toContainEqual({ origin: server.origin, left_ms: expect.any(Number) });
    await setup.client.request('GET', server.origin);
    expect((await originOf(setup)).cooldown_waits_total).toBe(1);
  });

  it('say what rate limits leave, by the user and by the provider', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, {
        'x-ratelimit-limit-tokens': '1000',
        'x-ratelimit-remaining-tokens': '400',
        'x-ratelimit-reset-tokens': '1h',
      });
      response.end();
    });
    await using setup = await watched({}, { rateLimit: { requestsPerMinute: 10 } });
    for (let i = 0; i < 3; i++) await setup.client.request('GET', server.origin);
    expect(await originOf(setup)).toMatchObject({
      rate_limit_requests_left: 7,
      rate_limit_tokens_left: 400,
      rate_limit_waiting: 0,
      rate_limit_in_flight: 0,
    });
    // Nothing is said where nothing is limited.
    await using free = await watched();
    await free.client.request('GET', server.origin);
    expect((await originOf(free)).rate_limit_requests_left).toBeNull();
    expect(await (await free.get('/metrics/prometheus')).text()).not.toMatch(/^rate_limit_w/m);
  });

  it('have the breaker of each place, and the places that do not do well', async () => {
    await using server = await httpServer((_, response) => response.writeHead(500).end());
    await using setup = await watched({}, { circuitBreaker: { failureThreshold: 3 }, health: {} });
    const before = await setup.json('/health/circuit-breaker');
    expect(before).toMatchObject({ status: 'healthy', checks: { default: { open: 0 } } });
    for (let i = 0; i < 5; i++) {
      await setup.client.request('GET', server.origin).catch(() => {});
    }
    const { status, checks } = await setup.json('/health/circuit-breaker');
    expect(status).toBe('degraded');
    expect(checks.default).toMatchObject({ open: 1, closed: 0, half_open: 0 });
    const breaker = checks.default.breakers[server.origin];
    expect(breaker).toMatchObject({ state: 'open', opened_total: 1, refused_total: 2 });
    expect(breaker.retry_after_ms).toBeGreaterThan(0);
    const { connection_pool: pool, pools } = await setup.json('/metrics');
    expect(pool).toMatchObject({ circuit_breakers_open: 1, circuit_breakers_half_open: 0 });
    expect(pools.default.places).toMatchObject([
      {
        place: server.origin,
        circuit_breaker_state: { closed: 0, open: 1, half_open: 0 },
        place_health: { healthy: 0, degraded: 0, unhealthy: 1 },
      },
    ]);
    const accept = 'application/openmetrics-text';
    const families = readOpenMetrics(await (await setup.get('/metrics', { accept })).text());
    const states = families.find(({ name }) => name === 'circuit_breaker_state')?.samples;
    expect(states?.map(({ value }) => value)).toEqual([0, 1, 0]);
    expect(states?.[0]?.labels).toContain(`place="${server.origin}"`);
  });
});
