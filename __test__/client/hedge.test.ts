import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HttpClient, type HttpClientOptions } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { Changes } from '../servers/changes.js';
import { type HttpServer, httpServer } from '../servers/http.js';

interface Slow extends HttpServer {
  /** Those that wait for the test. */
  readonly held: readonly ServerResponse[];
  /** Resolves once so many requests have come. */
  came(count: number): Promise<void>;
}

/** Leaves its answers to the test. */
async function slow(): Promise<Slow> {
  const held: ServerResponse[] = [];
  const changes = new Changes();
  const server = await httpServer((_, response) => {
    held.push(response);
    changes.change();
  });
  const came = (count: number) => changes.untilTrue(() => held.length >= count);
  return Object.assign(server, { held, came });
}

const hedging = (options: HttpClientOptions = {}): HttpClient =>
  new HttpClient({ hedge: { delay: 20 }, retry: false, circuitBreaker: false, ...options });

describe('a request that takes long', () => {
  it('is sent a second time, and the first answer is taken', async () => {
    await using server = await slow();
    await using client = hedging();
    const request = client.request('GET', server.origin);
    await server.came(2);
    server.held[1]?.end('second');
    const response = await request;
    expect([response.text(), response.connection.attempt]).toEqual(['second', 2]);
    // The other one is stopped.
    await server.closed(0);
    expect(client.getPoolMetrics().connectionsTotal).toBe(1);
  });

  it('is served by the first one, if that is quicker after all', async () => {
    await using server = await slow();
    await using client = hedging();
    const request = client.fetch(server.origin);
    await server.came(2);
    server.held[0]?.end('first');
    const response = await request;
    expect([await response.text(), response.connection?.attempt]).toEqual(['first', 1]);
    await server.closed(1);
  });

  it('waits for the other answer where one is an error', async () => {
    await using server = await slow();
    await using client = hedging();
    const request = client.request('GET', server.origin);
    await server.came(2);
    await new Promise<void>((sent) => server.held[1]?.writeHead(503).end(sent));
    server.held[0]?.end('first');
    expect((await request).text()).toBe('first');
  });

  it('has an error where both are', async () => {
    await using server = await slow();
    await using client = hedging();
    const request = client.request('GET', server.origin);
    await server.came(2);
    server.held[0]?.destroy();
    server.held[1]?.writeHead(503).end('busy');
    expect((await request).text()).toBe('busy');
    const failing = client.request('GET', server.origin);
    await server.came(4);
    server.held[2]?.destroy();
    server.held[3]?.destroy();
    expect(await rejection(failing)).toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  it('is sent once where that may do harm, unless it says that it does not', async () => {
    await using server = await slow();
    await using client = hedging();
    const post = client.request('POST', server.origin, { body: '{}' });
    await server.came(1);
    const get = client.request('GET', server.origin, { hedge: false });
    await server.came(2);
    const harmless = client.request('POST', server.origin, { body: '{}', hedge: true });
    await server.came(4);
    for (const response of server.held) response.end();
    await Promise.all([post, get, harmless]);
    expect(server.requestCount).toBe(4);
  });

  it('is sent a second time no more often than the budget has it', async () => {
    await using server = await slow();
    await using client = hedging({ hedge: { delay: 5, ratio: 0, reserve: 1 } });
    const first = client.request('GET', server.origin);
    await server.came(2);
    server.held[0]?.end();
    await first;
    const others = Array.from({ length: 5 }, () => client.request('GET', server.origin));
    await server.came(7);
    for (const response of server.held) response.end();
    await Promise.all(others);
    expect(server.requestCount).toBe(7);
  });

  it('stops both when it is stopped', async () => {
    await using server = await slow();
    await using client = hedging();
    const controller = new AbortController();
    const request = client.request('GET', server.origin, { signal: controller.signal });
    await server.came(2);
    controller.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    await Promise.all([server.closed(0), server.closed(1)]);
  });
});

describe('with a quantile', () => {
  const FEWEST = 20;

  /** Answers each request as it comes, but for those to `/held`. */
  async function mostlyQuick(): Promise<Slow> {
    const held: ServerResponse[] = [];
    const changes = new Changes();
    const server = await httpServer((request, response) => {
      if (request.url !== '/held') return void response.end('quick');
      held.push(response);
      changes.change();
    });
    const came = (count: number) => changes.untilTrue(() => held.length >= count);
    return Object.assign(server, { held, came });
  }

  it('a request that takes longer than most is sent a second time', async () => {
    await using server = await mostlyQuick();
    await using client = hedging({ hedge: { quantile: 0.9 } });
    for (let number = 0; number < FEWEST; number++) {
      await client.request('GET', server.origin);
    }
    const request = client.request('GET', `${server.origin}/held`);
    await server.came(2);
    server.held[1]?.end('second');
    expect((await request).text()).toBe('second');
  });

  it('none is while too few answers are known', async () => {
    await using server = await mostlyQuick();
    await using client = hedging({ hedge: { quantile: 0.05, ratio: 1 } });
    const request = client.request('GET', `${server.origin}/held`);
    await server.came(1);
    for (let number = 1; number < FEWEST; number++) await client.request('GET', server.origin);
    server.held[0]?.end('first');
    expect((await request).connection.attempt).toBe(1);
    expect(server.requestCount).toBe(FEWEST);
  });

  it('the delay holds meanwhile', async () => {
    await using server = await mostlyQuick();
    await using client = hedging({ hedge: { quantile: 0.95, delay: 20 } });
    const request = client.request('GET', `${server.origin}/held`);
    await server.came(2);
    server.held[1]?.end('second');
    expect((await request).connection.attempt).toBe(2);
  });
});

describe('a quick request', () => {
  it('is sent once', async () => {
    await using server = await httpServer((_, response) => response.end('quick'));
    await using client = hedging({ hedge: { delay: 10_000 } });
    for (let number = 0; number < 20; number++) await client.request('GET', server.origin);
    expect(server.requestCount).toBe(20);
  });
});
