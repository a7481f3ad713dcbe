import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** As many as `WARMLINE_EXACTNESS_REQUESTS` says, to look longer. */
const REQUESTS = Number(process.env['WARMLINE_EXACTNESS_REQUESTS'] ?? 20_000);
const SEED = Number(process.env['WARMLINE_EXACTNESS_SEED'] ?? Date.now() % 2 ** 31);
const EVENTS_IN_A_STREAM = 3;

type Counts = Record<string, number>;

interface Outcome {
  server: Counts;
  seen: Counts[];
  found: {
    connection_pool: Counts;
    pools: { default: { origins: Record<string, Counts & number>[] } };
  };
}

describe('what is counted over four threads and random faults', () => {
  it(`agrees with what the server counted (seed ${SEED})`, { timeout: 600_000 }, async () => {
    const file = fileURLToPath(new URL('./programs/exactness.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [
      file,
      `${SEED}`,
      `${REQUESTS}`,
    ]);
    const { server, seen, found }: Outcome = JSON.parse(stdout);
    const pool = found.connection_pool;
    const threads = (name: string) => seen.reduce((sum, one) => sum + (one[name] ?? 0), 0);
    const fates = (...names: string[]) => names.reduce((sum, name) => sum + (server[name] ?? 0), 0);
    const all = ['answered', 'failed', 'streamed', 'last', 'dropped', 'broken', 'endless'];
    // The test sees what it is about.
    for (const fate of all) expect(server[fate]).toBeGreaterThan(REQUESTS / 100);

    expect(pool['total_requests']).toBe(REQUESTS);
    expect(fates(...all)).toBe(REQUESTS);
    expect(pool['error_count']).toBe(fates('dropped'));
    expect(pool['error_count']).toBe(threads('failed'));
    const [origin] = found.pools.default.origins;
    expect(origin?.['requests_total']).toEqual({
      '1xx': 0,
      '2xx': fates('answered', 'streamed', 'last', 'broken', 'endless'),
      '3xx': 0,
      '4xx': 0,
      '5xx': fates('failed'),
      error: fates('dropped'),
    });
    expect(origin?.['responses_unfinished_total']).toEqual({
      broken: fates('broken'),
      abandoned: fates('endless'),
    });
    expect([threads('broken'), threads('left')]).toEqual([fates('broken'), fates('endless')]);
    expect(origin?.['streams_total']).toBe(fates('streamed'));
    expect(origin?.['stream_events_total']).toBe(fates('streamed') * EVENTS_IN_A_STREAM);

    const { connections_created_total: created = 0, connections_closed_total: closed = 0 } = pool;
    const { connections_active: active = 0, connections_idle: idle = 0 } = pool;
    expect(created - closed).toBe(active + idle);
    expect(created).toBe(server['accepted']);
    expect(active + idle).toBe(server['open']);
    expect(pool).toMatchObject({ requests_in_flight: 0, streams_open: 0, pending_requests: 0 });
  });
});
