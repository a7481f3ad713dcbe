import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { createMonitor } from 'warmline/monitor';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { bodyOf, watched } from './watched.js';

describe('the metrics of a client', () => {
  it('count each request and connection once, whatever becomes of it', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/reset') request.socket.resetAndDestroy();
      else response.writeHead(Number(request.url?.slice(1))).end('body');
    });
    const refusing = await refusingOrigin();
    await using setup = await watched();
    const { client } = setup;
    for (const path of ['/200', '/200', '/404', '/503', '/reset', '/200']) {
      await client.request('GET', `${server.origin}${path}`).catch(() => {});
    }
    await client.request('GET', refusing).catch(() => {});

    const { connection_pool: pool, pools } = await setup.json('/metrics');
    expect(pool).toMatchObject({
      total_requests: 7,
      error_count: 2,
      requests_in_flight: 0,
      connection_errors_total: 1,
      connection_timeouts_total: 0,
      max_connections: 1000,
      max_keepalive_connections: 100,
    });
    expect(pool.connections_created_total - pool.connections_closed_total).toBe(
      pool.connections_active + pool.connections_idle,
    );
    expect(pool.connections_created_total).toBe(server.accepted.length);
    expect(pool.reuse_rate).toBeCloseTo(
      pool.connection_reuses_total / pool.connection_checkouts_total,
    );
    const [one, two] = [server.origin, refusing].map((origin) =>
      pools.default.origins.find((figures: { origin: string }) => figures.origin === origin),
    );
    expect(one.requests_total).toEqual({
      '1xx': 0,
      '2xx': 3,
      '3xx': 0,
      '4xx': 1,
      '5xx': 1,
      error: 1,
    });
    expect(one.response_head_seconds.count).toBe(5);
    expect(one.request_seconds.count).toBe(5);
    expect(one.request_failures_total).toEqual([
      { code: 'ECONNRESET', phase: 'headers', count: 1 },
    ]);
    expect(two.requests_total.error).toBe(1);
    expect(two.request_failures_total).toEqual([
      { code: 'ECONNREFUSED', phase: 'connect', count: 1 },
    ]);
    expect(client.getPoolMetrics().avgConnectionTimeMs).toBeCloseTo(pool.avg_connection_time_ms, 6);
  });

  it('measure streams: what is open, what came first, what came when', async () => {
    const streams: ServerResponse[] = [];
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\ndata: 1\n\n');
      streams.push(response);
    });
    await using setup = await watched();
    const events = setup.client.events(server.origin);
    expect((await events.next()).value?.data).toBe('1');
    const open = (await setup.json('/metrics')).connection_pool;
    expect(open).toMatchObject({ streams_open: 1, streams_stalled: 0, connections_active: 1 });
    expect(open.time_to_first_token_seconds.count).toBe(1);

    streams[0]?.end('data: 2\n\ndata: 3\n\n');
    const rest = [];
    for await (const { data } of events) rest.push(data);
    expect(rest).toEqual(['2', '3']);
    const { connection_pool: pool, pools } = await setup.json('/metrics');
    expect(pool).toMatchObject({ streams_open: 0, connections_active: 0 });
    expect(pool.inter_token_seconds.count).toBeGreaterThan(0);
    const [origin] = pools.default.origins;
    expect(origin).toMatchObject({ streams_total: 1, stream_events_total: 3 });
    expect(origin.responses_unfinished_total).toEqual({ broken: 0, abandoned: 0 });
  });

  it('tell a body that broke off from one that nobody wanted', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      if (connection.index > 0)
        await connection.send(answer('x'.repeat(200_000)).slice(0, 150_000));
      else connection.end(answer('x'.repeat(100)).slice(0, -50));
    });
    await using setup = await watched();
    const broken = await setup.client.fetch(server.origin);
    await broken.text().catch(() => {});
    const abandoned = await setup.client.fetch(server.origin);
    await abandoned.body?.cancel();
    await (await server.connection(1)).peerClosed;
    const { connection_pool: pool, pools } = await setup.json('/metrics');
    const [origin] = pools.default.origins;
    expect(origin.responses_unfinished_total).toEqual({ broken: 1, abandoned: 1 });
    // Both had a response: neither is an error of the request.
    expect(pool).toMatchObject({ total_requests: 2, error_count: 0 });
    expect(pool.request_failures_total).toHaveLength(1);
  });

  it('count the bytes of every exchange', async () => {
    const received: number[] = [];
    await using server = await httpServer(async (request, response) => {
      request.resume();
      await once(request, 'end');
      response.end('y'.repeat(5000));
      received.push(request.socket.bytesRead);
    });
    await using setup = await watched();
    for (let i = 0; i < 3; i++) {
      await setup.client.request('POST', server.origin, { body: 'x'.repeat(1000) });
    }
    const [origin] = (await setup.json('/metrics')).pools.default.origins;
    expect(origin.sent_bytes_total).toBe(received.at(-1));
    expect(origin.received_bytes_total).toBe(server.accepted[0]?.bytesWritten);
  });

  it('give so many origins a label and no more', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using client = new HttpClient({ dns: { hosts: hostsOnLoopback(150) } });
    const monitor = createMonitor({ client });
    for (let i = 0; i < 150; i++) {
      await client.request('GET', `http://host${i}.test:${server.port}/secret?key=${i}`);
    }
    const answer = await monitor.fetch(new Request('http://localhost/metrics'));
    const text = await answer.text();
    expect(text).not.toContain('secret');
    const { origins } = JSON.parse(text).pools.default;
    expect(origins).toHaveLength(101);
    expect(origins.at(-1)).toMatchObject({ origin: 'other', provider: 'other' });
    expect(origins.at(-1).requests_total['2xx']).toBe(50);
    await monitor.close();
  });

  it('are added up over several clients, and told apart by their names', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using one = new HttpClient({ maxConnections: 10 });
    await using two = new HttpClient({ maxConnections: 30 });
    const monitor = createMonitor({ client: { one, two } });
    await one.request('GET', server.origin);
    await two.request('GET', server.origin);
    await two.request('GET', server.origin);
    const answer = await monitor.fetch(new Request('http://localhost/api/http-client/pool/stats'));
    const stats = await bodyOf(answer);
    expect(stats).toMatchObject({ total_requests: 3, max_connections: 40, connections_idle: 2 });
    expect(stats.pools.one.pool).toMatchObject({ total_requests: 1, max_connections: 10 });
    expect(stats.pools.two.pool).toMatchObject({ total_requests: 2, max_connections: 30 });
    await monitor.close();
  });
});

function hostsOnLoopback(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`host${index}.test`, '127.0.0.1']),
  );
}
