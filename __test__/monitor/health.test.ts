import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { createMonitor } from 'warmline/monitor';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { bodyOf, watched } from './watched.js';

describe('health', () => {
  it('has a check for each part, and is good while nothing is wrong', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using setup = await watched();
    await setup.client.request('GET', server.origin);
    const response = await setup.get('/health');
    expect(response.status).toBe(200);
    const { checks } = await bodyOf(response);
    const { event_loop: busy, ...others } = checks as Record<string, { status: string }>;
    expect(new Set(Object.values(others).map(({ status }) => status))).toEqual(
      new Set(['healthy']),
    );
    // The machine may well be busy.
    expect(['healthy', 'degraded']).toContain(busy?.status);
    expect(Object.keys(checks).sort()).toEqual([
      'connection_pool',
      'engine',
      'event_loop',
      'memory',
      'providers',
      'requests',
    ]);
    expect(checks.memory.rss_bytes).toBeGreaterThan(checks.memory.heap_used_bytes);
    const connections = await setup.json('/health/connections');
    expect(connections.checks.default).toMatchObject({ status: 'healthy', connections_idle: 1 });
    expect(connections.checks.default.origins[server.origin]).toMatchObject({ idle: 1 });
  });

  it('gets worse with the requests of the last minute, and says so in its status', async () => {
    const refusing = await refusingOrigin();
    await using setup = await watched();
    await setup.json('/health');
    for (let i = 0; i < 10; i++) await setup.client.request('GET', refusing).catch(() => {});
    const health = await setup.get('/health');
    const { status, checks } = await bodyOf(health);
    expect([health.status, status]).toEqual([503, 'unhealthy']);
    expect(checks.requests).toMatchObject({ error_rate: 1, connection_error_rate: 1 });
    const providers = await setup.get('/health/providers');
    expect(providers.status).toBe(503);
    const { origins } = (await bodyOf(providers)).checks.other;
    expect(origins[refusing]).toMatchObject({ status: 'unhealthy', recent_failure_rate: 1 });
    // It is the provider that is ill: this process need not be ended, nor left without traffic.
    expect((await setup.get('/health/live')).status).toBe(200);
    expect((await setup.get('/health/ready')).status).toBe(200);
  });

  it('is degraded by a pool that is nearly full', async () => {
    const release = new Changes();
    let released = false;
    await using server = await httpServer(async (_, response) => {
      await release.untilTrue(() => released);
      response.end();
    });
    await using client = new HttpClient({ maxConnections: 1 });
    const monitor = createMonitor({ client });
    const sent = client.request('GET', server.origin);
    await server.arrived(1);
    const health = await monitor.fetch(new Request('http://localhost/health/connections'));
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      status: 'degraded',
      checks: { default: { pool_utilization_percent: 100, connections_active: 1 } },
    });
    released = true;
    release.change();
    await sent;
    await monitor.close();
  });

  it('is bad once the client is closed', async () => {
    await using setup = await watched();
    await setup.client.close();
    expect((await setup.get('/health')).status).toBe(503);
    expect((await setup.get('/health/ready')).status).toBe(503);
    expect((await setup.get('/health/live')).status).toBe(200);
    expect((await setup.get('/metrics')).status).toBe(200);
  });
});

describe('a look at the network and the memory', () => {
  it('measures how far away each origin is, by connections of its own', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using setup = await watched();
    const named = server.origin.replace('127.0.0.1', 'localhost');
    await setup.client.request('GET', named);
    const refusing = await refusingOrigin();
    await setup.client.request('GET', refusing).catch(() => {});
    const { default: measured } = (await setup.json('/debug/network/latency')).pools;
    const [one, two] = [named, refusing].map((origin) =>
      measured.find((latency: { origin: string }) => latency.origin === origin),
    );
    expect(one).toMatchObject({ ok: true, protocol: 'http/1.1', tls_ms: null });
    expect(one.dns_ms).toBeGreaterThan(0);
    expect(one.tcp_ms).toBeGreaterThan(0);
    expect(one.total_ms).toBeCloseTo(one.dns_ms + one.tcp_ms, 2);
    expect(two).toEqual({ origin: refusing, ok: false, code: 'ECONNREFUSED', phase: 'connect' });
    // One for the request and one for the look, which the pool has not got.
    await server.closed(1);
    expect(setup.client.getPoolMetrics().connectionsCreatedTotal).toBe(1);
  });

  it('tells the memory of the engine and of V8, and its collections', async () => {
    await using setup = await watched();
    const pool = await setup.json('/debug/memory/pool');
    expect(pool.native_bytes).toBeGreaterThan(0);
    expect(pool.pools.default).toEqual({ connections_total: 0, connections_idle: 0, origins: 0 });
    const gc = await setup.json('/debug/memory/gc');
    expect(gc.heap_limit_bytes).toBeGreaterThan(gc.heap_used_bytes);
    expect(gc.collections).toBeTypeOf('object');
  });
});
