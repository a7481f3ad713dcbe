import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { observeMetrics, registerMetrics, serverTiming } from 'warmline/monitor';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';

/** A meter provider of OpenTelemetry, and what it exports. */
function collecting() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    provider,
    async metric(name: string): Promise<MetricData | undefined> {
      await reader.forceFlush();
      const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
      return scopes.flatMap(({ metrics }) => metrics).find((one) => one.descriptor.name === name);
    },
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

describe('a meter of OpenTelemetry', () => {
  it("observes connections and requests by the conventions, and all else under the table's names", async () => {
    await using server = await httpServer((_, response) => response.end('body'));
    await using client = new HttpClient({ retry: false });
    await using collected = collecting();
    const end = observeMetrics(collected.provider.getMeter('warmline'), { client });
    for (let i = 0; i < 3; i++) await client.request('GET', server.origin);
    await client.request('GET', await refusingOrigin()).catch(() => {});
    const connections = await collected.metric('http.client.open_connections');
    expect(connections?.descriptor.unit).toBe('{connection}');
    const attributes = {
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'url.scheme': 'http',
    };
    expect(connections?.dataPoints).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          attributes: { pool: 'default', ...attributes, 'http.connection.state': 'idle' },
          value: 1,
        }),
      ]),
    );
    expect((await collected.metric('http.client.active_requests'))?.dataPoints[0]?.value).toBe(0);
    const total = await collected.metric('warmline.total_requests');
    expect(total?.dataPoints).toMatchObject([{ attributes: { pool: 'default' }, value: 4 }]);
    const statuses = await collected.metric('warmline.requests_total');
    expect(statuses?.dataPoints).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          attributes: { pool: 'default', provider: 'other', ...attributes, of: '2xx' },
          value: 3,
        }),
      ]),
    );
    const failures = await collected.metric('warmline.request_failures_total');
    expect(failures?.dataPoints[0]).toMatchObject({
      attributes: { code: 'ECONNREFUSED', phase: 'connect' },
      value: 1,
    });
    end();
  });

  it("has the duration of requests by undici's own instrumentation", async () => {
    await using server = await httpServer((_, response) => response.writeHead(404).end());
    await using client = new HttpClient({ retry: false });
    await using collected = collecting();
    const instrumentation = new UndiciInstrumentation();
    instrumentation.setMeterProvider(collected.provider);
    try {
      await client.request('GET', server.origin);
      const duration = await collected.metric('http.client.request.duration');
      expect(duration?.dataPoints).toMatchObject([
        {
          attributes: {
            'http.request.method': 'GET',
            'http.response.status_code': 404,
            'server.port': server.port,
          },
          value: { count: 1 },
        },
      ]);
    } finally {
      instrumentation.disable();
    }
  });
});

describe("prom-client's registry", () => {
  it('has all metrics beside those of the application, until they are taken out', async () => {
    await using server = await httpServer((_, response) => response.end('body'));
    await using client = new HttpClient();
    const registry = new Registry();
    const end = registerMetrics(registry, { client, prefix: 'warmline_' });
    await client.request('GET', server.origin);
    const text = await registry.metrics();
    expect(text).toContain('# TYPE warmline_connections_created_total counter');
    expect(text).toContain('warmline_total_requests{pool="default"} 1');
    expect(text).toMatch(
      new RegExp(
        `warmline_request_seconds_bucket\\{.*origin="${server.origin}".*le="\\+Inf".*\\} 1`,
      ),
    );
    end();
    expect(await registry.metrics()).not.toContain('warmline_');
  });
});

describe('Server-Timing', () => {
  it('says where the time of an exchange went', async () => {
    await using server = await httpServer((_, response) => response.end('body'));
    await using client = new HttpClient();
    const { timings } = await client.request('GET', server.origin);
    const header = serverTiming(timings);
    expect(header).toMatch(/(^|, )connect;dur=[\d.]+;desc="TCP"/);
    expect(header).toContain(`total;dur=${timings.total};desc="Whole exchange"`);
    expect(header).not.toContain('tls');
  });
});
