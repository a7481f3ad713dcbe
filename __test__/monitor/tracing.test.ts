import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { events, fetch, HttpClient } from 'warmline';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
let instrumentation: UndiciInstrumentation;

beforeAll(() => {
  provider.register();
  instrumentation = new UndiciInstrumentation();
  instrumentation.setTracerProvider(provider);
});
afterAll(() => instrumentation.disable());
beforeEach(() => exporter.reset());

async function echo() {
  const seen: string[] = [];
  const server = await httpServer((request, response) => {
    seen.push(`${request.headers['traceparent']}`);
    response.writeHead(Number(new URL(request.url as string, 'http://a').pathname.slice(1)));
    response.end('body');
  });
  return Object.assign(server, { seen });
}

describe("OpenTelemetry's instrumentation of undici", () => {
  it('sees each request once, with its attributes, and its span goes along on the wire', async () => {
    await using server = await echo();
    await using client = new HttpClient({ retry: false });
    await (await fetch(`${server.origin}/200?q=1`)).text();
    await client.request('POST', `${server.origin}/404`, { body: 'x' });
    await (await client.fetch(`${server.origin}/503`)).text();
    const spans = exporter.getFinishedSpans();
    expect(spans.map((span) => span.name)).toEqual(['GET', 'POST', 'GET']);
    expect(spans[0]?.kind).toBe(SpanKind.CLIENT);
    expect(spans[0]?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.peer.address': '127.0.0.1',
      'network.peer.port': server.port,
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'url.full': `${server.origin}/200?q=1`,
      'url.path': '/200',
      'url.scheme': 'http',
    });
    expect(spans.map((span) => span.status.code)).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.ERROR,
      SpanStatusCode.ERROR,
    ]);
    const parents = spans.map((span) => {
      const { traceId, spanId } = span.spanContext();
      return `00-${traceId}-${spanId}-01`;
    });
    expect(server.seen).toEqual(parents);
  });

  it('sees failures, aborts and streams come to their end', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n');
    });
    await fetch(await refusingOrigin()).catch(() => {});
    const stop = new AbortController();
    const silent = fetch(`${server.origin}/silent`, { signal: stop.signal }).catch(() => {});
    await server.arrived(1);
    stop.abort();
    await silent;
    for await (const { data } of events(await fetch(server.origin))) expect(data).toBe('1');
    const spans = exporter.getFinishedSpans();
    // Whoever aborts has not met with an error, as its conventions have it.
    expect(spans.map((span) => span.status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.UNSET,
      SpanStatusCode.UNSET,
    ]);
    expect(spans[1]?.attributes['http.response.status_code']).toBeUndefined();
    expect(spans[0]?.status.message).toContain('ECONNREFUSED');
  });
});

describe('a subscriber', () => {
  it('hears of each step in its order, with undici’s shapes', async () => {
    await using server = await echo();
    const names = ['undici:request:create', 'undici:client:sendHeaders', 'undici:request:bodySent'];
    names.push('undici:request:headers', 'undici:request:trailers', 'undici:request:error');
    const heard: [string, Record<string, unknown>][] = [];
    const listen = (message: unknown, name: string | symbol) => {
      heard.push([String(name), message as Record<string, unknown>]);
    };
    for (const name of names) subscribe(name, listen);
    await (await fetch(`${server.origin}/200`)).text();
    for (const name of names) unsubscribe(name, listen);
    expect(heard.map(([name]) => name)).toEqual(names.slice(0, 5));
    const [created, sent, , answered] = heard.map(([, message]) => message);
    expect(created?.['request']).toMatchObject({ origin: server.origin, path: '/200' });
    expect(new Set(heard.map(([, { request }]) => request)).size).toBe(1);
    expect(sent?.['headers']).toMatch(/^GET \/200 HTTP\/1\.1\r\n/);
    const response = answered?.['response'] as { statusCode: number; headers: Buffer[] };
    expect(response.statusCode).toBe(200);
    expect(response.headers.map(String)).toContain('date');
  });

  it('that throws or adds nonsense harms no more than its own request', async () => {
    await using server = await echo();
    const listen = (message: unknown) => {
      const { request } = message as { request: { addHeader(name: string, value: string): void } };
      request.addHeader('bad name', 'x\r\ny: z');
    };
    channel('undici:request:create').subscribe(listen);
    await expect(fetch(`${server.origin}/200`)).rejects.toThrow(TypeError);
    channel('undici:request:create').unsubscribe(listen);
    expect((await fetch(`${server.origin}/200`)).status).toBe(200);
  });
});
