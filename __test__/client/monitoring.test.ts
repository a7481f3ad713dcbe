import { describe, expect, it } from 'vitest';
import { type AnalyticsOptions, type HealthOptions, HttpClient } from 'warmline';
import { recommend } from 'warmline/sizing';
import { rejection } from '../fetch/implementations.js';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';

const plain = { retry: false, circuitBreaker: false } as const;

describe('health', () => {
  it('is that of each place, by what came of its requests', async () => {
    await using well = await httpServer((_, response) => response.end());
    await using ill = await httpServer((_, response) => response.writeHead(503).end());
    const gone = await refusingOrigin();
    await using client = new HttpClient({ ...plain, health: true });
    for (let time = 0; time < 3; time++) {
      await client.request('GET', well.origin);
      await client.request('GET', ill.origin);
      await rejection(client.request('GET', gone));
    }
    const of = (origin: string) => client.getHealth().find(({ place }) => place === origin);
    expect(of(well.origin)).toMatchObject({
      state: 'healthy',
      requests: 3,
      successRate: 1,
      consecutiveFailures: 0,
      lastError: undefined,
    });
    const { p50 = 0, p99 = 0 } = of(well.origin)?.latency ?? {};
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(of(ill.origin)).toMatchObject({
      state: 'unhealthy',
      successRate: 0,
      consecutiveFailures: 3,
      latency: undefined,
      lastError: { reason: '503', at: expect.any(Date) },
    });
    expect(of(gone)).toMatchObject({ state: 'unhealthy', lastError: { reason: 'ECONNREFUSED' } });
  });

  it('leaves an endpoint that does not do well a quarter of its share', async () => {
    let fails = true;
    await using ill = await httpServer((_, response) => {
      response.writeHead(fails ? 500 : 200).end();
    });
    await using well = await httpServer((_, response) => response.end());
    await using client = new HttpClient({
      ...plain,
      health: { unhealthyThreshold: 2, window: 120_000 },
      endpoints: [ill.origin, well.origin],
    });
    for (let time = 0; time < 4; time++) await client.request('GET', '/');
    expect([ill.requestCount, well.requestCount]).toEqual([2, 2]);
    for (let time = 0; time < 20; time++) await client.request('GET', '/');
    // One in five, from wherever their turns stood.
    expect(ill.requestCount - 2).toBeGreaterThanOrEqual(3);
    expect(ill.requestCount - 2).toBeLessThanOrEqual(4);
    fails = false;
    const before = ill.requestCount;
    while (ill.requestCount === before) await client.request('GET', '/');
    expect(client.getHealth().map(({ state }) => state)).not.toContain('unhealthy');
  });

  it('is nobody’s without the option', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using client = new HttpClient();
    await client.request('GET', server.origin);
    expect(client.getHealth()).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['health must be an object', 'on'],
    ['health.interval is unknown', { interval: 5 }],
    ['health.unhealthyThreshold', { unhealthyThreshold: 0 }],
    ['health.window', { window: 0 }],
    ['health.degradedBelow', { degradedBelow: 2 }],
    ['health.degradedAbove', { degradedAbove: -1 }],
  ])('%s: refused', (message, health) => {
    expect(() => new HttpClient({ health: health as HealthOptions })).toThrow(message);
  });
});

describe('analytics', () => {
  it('count requests, connections, times and errors by origin and hour', async () => {
    await using server = await httpServer((request, response) => {
      response.writeHead(request.url === '/missing' ? 404 : 200).end();
    });
    const gone = await refusingOrigin();
    await using client = new HttpClient({ ...plain, analytics: true });
    for (const path of ['/', '/', '/missing', '/']) {
      await client.request('GET', `${server.origin}${path}`);
    }
    await rejection(client.request('GET', gone));
    const { hours, ...collected } = client.getAnalytics();
    expect(collected).toEqual({
      collect_connection_patterns: true,
      collect_performance_metrics: true,
    });
    // The test may run across the full hour.
    const of = (wanted: string) => hours.filter(({ origin }) => origin === wanted);
    const sum = (wanted: string, name: 'requests' | 'reused' | 'connections_opened' | 'errors') =>
      of(wanted).reduce((sum, hour) => sum + (hour[name] ?? 0), 0);
    expect(sum(server.origin, 'requests')).toBe(4);
    expect(sum(server.origin, 'reused')).toBe(3);
    expect(sum(server.origin, 'connections_opened')).toBe(1);
    expect(sum(server.origin, 'errors')).toBe(1);
    expect(of(server.origin)[0]).toMatchObject({ most_requests_at_once: 1 });
    expect(of(server.origin)[0]?.avg_response_time_ms).toBeGreaterThan(0);
    expect(of(gone).at(-1)?.errors_by_reason).toEqual({ ECONNREFUSED: 1 });
  });

  it('collect what is asked for', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using client = new HttpClient({ analytics: { performanceMetrics: false } });
    await client.request('GET', server.origin);
    const [hour] = client.getAnalytics().hours;
    expect(hour).toMatchObject({ requests: 1, reuse_rate: 0 });
    expect(hour).not.toHaveProperty('errors');
    await using silent = new HttpClient();
    await silent.request('GET', server.origin);
    expect(silent.getAnalytics().hours).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['analytics must be an object', 1],
    ['analytics.patterns is unknown', { patterns: true }],
    ['analytics.connectionPatterns', { connectionPatterns: 'yes' }],
  ])('%s: refused', (message, analytics) => {
    expect(() => new HttpClient({ analytics: analytics as AnalyticsOptions })).toThrow(message);
  });
});

describe('recommend', () => {
  const hour = 1_800_000;
  const measured = (hours: object[], poolUtilizationPercent = 50) => ({
    getAnalytics: () => ({ hours: hours as never[] }),
    getPoolMetrics: () => ({ poolUtilizationPercent }),
  });

  it('applies the formulas to the busiest hour of each origin', () => {
    const origin = 'https://a.test';
    const client = measured([
      { hour, origin, requests: 36_000, avg_response_time_ms: 2000, avg_connect_time_ms: 4000 },
      { hour: hour + 3600, origin, requests: 360, avg_response_time_ms: 2000 },
      { hour, origin: 'https://b.test', requests: 3600, avg_response_time_ms: 100 },
    ]);
    const now = (hour + 2 * 3600) * 1000;
    expect(recommend(client, { now, providerTimeout: 25_000 })).toEqual({
      connections: 40,
      caps: { maxConnections: 40, maxKeepaliveConnections: 12 },
      origins: [
        {
          origin,
          connections: 30,
          timeouts: { connect: 8000, read: 20_000, total: 33_000 },
          requestsPerSecond: 10,
          avgResponseTimeMs: 2000,
          avgConnectTimeMs: 4000,
        },
        {
          origin: 'https://b.test',
          connections: 10,
          timeouts: { connect: 5000, read: 20_000, total: 30_000 },
          requestsPerSecond: 1,
          avgResponseTimeMs: 100,
          avgConnectTimeMs: 0,
        },
      ],
    });
  });

  it('counts the hour that is not over by what of it has passed', () => {
    const client = measured([
      { hour, origin: 'https://a.test', requests: 6000, avg_response_time_ms: 2000 },
    ]);
    const { origins } = recommend(client, { now: (hour + 600) * 1000 });
    expect(origins[0]).toMatchObject({ requestsPerSecond: 10, connections: 30 });
  });

  it('takes a client as it is, and needs its analytics', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using client = new HttpClient({ analytics: true });
    await client.request('GET', server.origin);
    expect(recommend(client).origins).toMatchObject([{ origin: server.origin, connections: 10 }]);
    await using half = new HttpClient({ analytics: { performanceMetrics: false } });
    await half.request('GET', server.origin);
    expect(() => recommend(half)).toThrow('client must be one whose analytics');
  });
});
