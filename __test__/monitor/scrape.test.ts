import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { readOpenMetrics } from './exposition.js';
import { watched } from './watched.js';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';
/** What promtool says of names that are the reference's own. */
const REFERENCE_NAMES = /^(connections_total|total_requests|error_count|\w+_(ms|percent)) /;

async function busy() {
  const setup = await watched();
  const server = await httpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n');
  });
  for (let i = 0; i < 5; i++) await setup.client.request('GET', server.origin);
  await setup.client.request('GET', await refusingOrigin()).catch(() => {});
  return {
    ...setup,
    origin: server.origin,
    async [Symbol.asyncDispose]() {
      await setup[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('what Prometheus scrapes', () => {
  it('is OpenMetrics to the letter where that is asked for', async () => {
    await using setup = await busy();
    for (const path of ['/metrics', '/metrics/prometheus']) {
      const response = await setup.get(path, { accept: `${OPEN_METRICS},text/plain;q=0.5` });
      expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
      const families = readOpenMetrics(await response.text());
      const samples = families.flatMap((family) => family.samples);
      const value = (name: string, ...labels: string[]) =>
        samples.find(
          (sample) =>
            sample.name === name && labels.every((label) => sample.labels.includes(label)),
        )?.value;
      expect(value('total_requests', 'pool="default"')).toBe(6);
      expect(value('connections_created_total')).toBe(1);
      const origin = `origin="${setup.origin}"`;
      expect(value('requests_total', origin, 'status="2xx"')).toBe(5);
      expect(value('request_seconds_bucket', origin, 'le="+Inf"')).toBe(5);
      expect(value('stream_events_total', origin)).toBe(5);
      expect(value('request_failures_total', 'code="ECONNREFUSED"')).toBe(1);
      expect(value('memory_bytes', 'kind="native"')).toBeGreaterThan(0);
    }
  });

  it('is its own text format otherwise, and JSON for everybody else', async () => {
    await using setup = await busy();
    const text = await setup.get('/metrics/prometheus');
    expect(text.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await text.text()).toContain('# TYPE connections_created_total counter\n');
    const json = await setup.get('/metrics');
    expect(json.headers.get('content-type')).toContain('application/json');
  });

  it('is gzip for those who take that, and says how long it is', async () => {
    await using setup = await busy();
    const raw = async (headers: Record<string, string>) => {
      const asked = request(`${setup.url}/metrics/prometheus`, { headers }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return { headers: response.headers, body: await buffer(response) };
    };
    const plain = await raw({});
    expect(plain.headers).toMatchObject({
      'content-length': `${plain.body.byteLength}`,
      vary: 'accept, accept-encoding',
    });
    expect((await raw({ 'accept-encoding': 'gzip;q=0, br' })).headers).not.toHaveProperty(
      'content-encoding',
    );
    const packed = await raw({ 'accept-encoding': 'br, gzip;q=0.5' });
    expect(packed.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': `${packed.body.byteLength}`,
    });
    expect(packed.body.byteLength).toBeLessThan(plain.body.byteLength / 3);
    const families = (text: string) => text.match(/^# TYPE .*$/gm);
    expect(families(gunzipSync(packed.body).toString())).toEqual(families(plain.body.toString()));
    const packedAgain = await setup.monitor.fetch(
      new Request('http://localhost/metrics', {
        headers: { accept: OPEN_METRICS, 'accept-encoding': 'gzip' },
      }),
    );
    const text = gunzipSync(new Uint8Array(await packedAgain.arrayBuffer())).toString();
    expect(readOpenMetrics(text).length).toBeGreaterThan(50);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  it.skipIf(!promtool && process.env['WARMLINE_PEERS'] === undefined)(
    "passes promtool, but for the reference's names",
    async () => {
      await using setup = await busy();
      const input = await (await setup.get('/metrics/prometheus')).text();
      const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input });
      // 3 is for lint alone.
      expect([0, 3]).toContain(status);
      const problems = `${stdout}${stderr}`.trim().split('\n').filter(Boolean);
      expect(problems.filter((problem) => !REFERENCE_NAMES.test(problem))).toEqual([]);
    },
  );
});
