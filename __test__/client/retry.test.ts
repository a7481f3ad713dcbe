import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { fetch, HttpClient, type HttpClientOptions, patch, type WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { answer, scriptedServer } from '../servers/scripted.js';

/** A server's answers in turn, the last of them for ever. */
type Script = readonly { status: number; headers?: Record<string, string>; body?: string }[];

interface Scripted extends HttpServer {
  /** Of each request. */
  readonly requests: readonly { body: string; key: string | undefined }[];
}

async function answering(script: Script): Promise<Scripted> {
  const requests: { body: string; key: string | undefined }[] = [];
  const listener: RequestListener = async (request, response) => {
    const key = request.headers['idempotency-key'] as string | undefined;
    const body = await read(request);
    const { status, headers, ...turn } = script[
      Math.min(requests.length, script.length - 1)
    ] as Script[number];
    requests.push({ body, key });
    response.writeHead(status, headers).end(turn.body ?? `answer ${requests.length}`);
  };
  return Object.assign(await httpServer(listener), { requests });
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) body += piece;
  return body;
}

/** Retries at once, and no breaker that would have a say in it. */
const eager = (retry: HttpClientOptions['retry'] = {}): HttpClient =>
  new HttpClient({
    circuitBreaker: false,
    retry: retry === false ? false : { backoffFactor: 0, ...retry },
  });

const BUSY = { status: 503 };
const OK = { status: 200 };

describe('a client sends again', () => {
  it.each([408, 429, 500, 502, 503, 504])('after a %i, with the same body', async (status) => {
    await using server = await answering([{ status }, OK]);
    await using client = eager();
    const response = await client.request('POST', server.origin, { body: 'all of it' });
    expect(response.status).toBe(200);
    expect(response.text()).toBe('answer 2');
    expect(response.connection.attempt).toBe(2);
    expect(server.requests.map(({ body }) => body)).toEqual(['all of it', 'all of it']);
    // What was refused was read to its end.
    expect(response.connection.reused).toBe(true);
    expect(server.accepted.length).toBe(1);
  });

  it('by fetch and for events, too', async () => {
    const stream = { status: 200, headers: { 'content-type': 'text/event-stream' } };
    await using server = await answering([BUSY, OK, BUSY, { ...stream, body: 'data: one\n\n' }]);
    await using client = eager();
    const response = await client.fetch(server.origin, { method: 'POST', body: '{}' });
    expect(await response.text()).toBe('answer 2');
    const events: string[] = [];
    for await (const { data } of client.events(server.origin)) events.push(data);
    expect(events).toEqual(['one']);
    expect(server.requestCount).toBe(4);
  });

  it('three times, and then has the last answer', async () => {
    await using server = await answering([BUSY]);
    await using client = eager();
    const response = await client.request('GET', server.origin);
    expect([response.status, response.text()]).toEqual([503, 'answer 4']);
    expect(response.connection.attempt).toBe(4);
    expect(server.requestCount).toBe(4);
  });

  it('as often as it is told', async () => {
    await using server = await answering([BUSY]);
    for (const attempts of [0, 1, 5]) {
      await using client = eager({ attempts });
      const before = server.requestCount;
      await client.request('GET', server.origin);
      expect(server.requestCount - before).toBe(attempts + 1);
    }
  });

  it('after the statuses that it is told, and no others', async () => {
    await using server = await answering([{ status: 418 }, OK, BUSY]);
    await using client = eager({ statusCodes: [418] });
    expect((await client.request('GET', server.origin)).status).toBe(200);
    expect((await client.request('GET', server.origin)).status).toBe(503);
    expect(server.requestCount).toBe(3);
  });

  it('not after other errors, or what went well', async () => {
    for (const status of [200, 204, 400, 401, 404, 409, 501]) {
      await using server = await answering([{ status }]);
      await using client = eager();
      expect((await client.request('GET', server.origin)).status).toBe(status);
      expect(server.requestCount).toBe(1);
    }
  });

  it('or not, as the server says', async () => {
    const should = (status: number, word: string) => ({
      status,
      headers: { 'x-should-retry': word },
    });
    await using server = await answering([should(409, 'true'), OK, should(503, 'false')]);
    await using client = eager();
    expect((await client.request('GET', server.origin)).status).toBe(200);
    expect((await client.request('GET', server.origin)).status).toBe(503);
    expect(server.requestCount).toBe(3);
  });

  it.each([
    ['retry-after-ms', '120', 120],
    ['retry-after', '0.12', 120],
    ['retry-after', '60', 50],
  ])('not before the server wants it, up to the limit: %s: %s', async (name, value, least) => {
    const busy = { status: 503, headers: { [name]: value } };
    await using server = await answering([busy, OK]);
    await using client = eager({ backoffMaxDelay: least });
    const response = await client.request('GET', server.origin);
    expect(response.status).toBe(200);
    expect(response.timings.queue).toBeGreaterThanOrEqual(least);
  });

  it('only if there is time left to wait', async () => {
    const busy = { status: 429, headers: { 'retry-after': '20' } };
    await using server = await answering([busy]);
    await using client = new HttpClient({ timeout: 10_000 });
    const response = await client.request('GET', server.origin);
    expect(response.status).toBe(429);
    expect(response.timings.total).toBeLessThan(10_000);
    expect(server.requestCount).toBe(1);
  });

  it('where a connection is refused, and says how often it tried', async () => {
    const origin = await refusingOrigin();
    await using client = eager({ attempts: 2 });
    const error = (await rejection(
      client.request('POST', origin, { body: '{}' }),
    )) as WarmlineError;
    expect(error).toMatchObject({ code: 'ECONNREFUSED', attempt: 3 });
  });

  it('what may have been done already only if the method is idempotent', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      if (connection.index % 2 === 0) connection.reset();
      else connection.end(answer('served'));
    });
    await using client = eager();
    const response = await client.request('GET', server.origin);
    expect([response.text(), response.connection.attempt]).toEqual(['served', 2]);
    const error = await rejection(client.request('POST', server.origin, { body: '{}' }));
    expect(error).toMatchObject({ code: 'ECONNRESET', phase: 'headers', attempt: 1 });
    expect(server.connections.length).toBe(3);
  });

  it('where no response comes in time', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      if (connection.index === 1) connection.end(answer('served'));
    });
    await using client = new HttpClient({
      timeout: { firstByte: 100 },
      retry: { backoffFactor: 0 },
    });
    expect((await client.request('PUT', server.origin, { body: 'x' })).text()).toBe('served');
    const error = await rejection(client.request('POST', server.origin, { body: 'x' }));
    expect(error).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    expect(server.connections.length).toBe(3);
  });

  it('only the failures that it is told', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      connection.reset();
    });
    for (const [exception, tries] of [
      ['ConnectError', 1],
      ['TimeoutException', 1],
      ['NetworkError', 2],
      ['ECONNRESET', 2],
      ['EPIPE', 1],
    ] as const) {
      await using client = eager({ attempts: 1, exceptions: [exception] });
      const before = server.connections.length;
      await rejection(client.request('GET', server.origin));
      expect([exception, server.connections.length - before]).toEqual([exception, tries]);
    }
  });
});

describe('a request with an idempotency key', () => {
  const brokenOnce = () =>
    scriptedServer(async (connection) => {
      await connection.request();
      if (connection.index % 2 === 0) connection.reset();
      else connection.end(answer('served'));
    });

  it('is sent again whatever has become of it', async () => {
    await using server = await brokenOnce();
    await using client = eager();
    const headers = { 'Idempotency-Key': 'mine' };
    const response = await client.request('POST', server.origin, { body: '{}', headers });
    expect(response.text()).toBe('served');
  });

  it('has one of its own at every try, if the client gives it one', async () => {
    await using server = await answering([BUSY, OK]);
    await using client = eager({ idempotencyKey: true });
    const post = () => client.request('POST', server.origin, { body: '{}' });
    await post();
    await post();
    await client.request('GET', server.origin);
    const headers = { 'idempotency-key': 'mine' };
    await client.request('POST', server.origin, { body: '{}', headers });
    const [first, again, second, none, own] = server.requests.map(({ key }) => key);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(again).toBe(first);
    expect(second).toMatch(/^[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
    expect([none, own]).toEqual([undefined, 'mine']);
  });

  it('has none where the client does not give it one', async () => {
    await using server = await answering([BUSY, OK]);
    await using client = eager();
    await client.request('POST', server.origin, { body: '{}' });
    expect(server.requests.map(({ key }) => key)).toEqual([undefined, undefined]);
  });
});

describe('nothing is sent again', () => {
  it('that can be read only once', async () => {
    await using server = await answering([BUSY]);
    await using client = eager();
    const body = new Blob(['x']).stream();
    const response = await client.fetch(server.origin, { method: 'POST', body, duplex: 'half' });
    expect(response.status).toBe(503);
    expect(server.requestCount).toBe(1);
  });

  it('by a client or for a request that does not want it', async () => {
    await using server = await answering([BUSY]);
    await using never = eager(false);
    await using client = eager();
    const statuses = [
      (await never.request('GET', server.origin)).status,
      (await never.fetch(server.origin)).status,
      (await client.request('GET', server.origin, { retry: false })).status,
      (await client.fetch(server.origin, { retry: false })).status,
    ];
    expect(statuses).toEqual([503, 503, 503, 503]);
    expect(server.requestCount).toBe(4);
  });

  it('by the fetch that the process shares', async () => {
    await using server = await answering([BUSY]);
    expect((await fetch(server.origin)).status).toBe(503);
    expect(server.requestCount).toBe(1);
  });

  it('for a patched SDK, which does so itself, be it over a client that would', async () => {
    await using server = await answering([BUSY]);
    await using client = eager();
    const options = { apiKey: 'key', baseURL: server.origin, maxRetries: 1 };
    for (const sdk of [new OpenAI(options), new Anthropic(options)]) {
      const before = server.requestCount;
      patch(sdk, { client });
      await rejection(sdk.models.list().withResponse());
      expect(server.requestCount - before).toBe(2);
    }
  });

  it('once it is stopped', async () => {
    const answered = new EventEmitter();
    const refused = once(answered, 'refused');
    await using server = await httpServer((_, response) => {
      response.writeHead(503, { 'retry-after': '30' }).end(() => answered.emit('refused'));
    });
    const controller = new AbortController();
    await using client = new HttpClient({ cooldown: false });
    const request = client.request('GET', server.origin, { signal: controller.signal });
    await refused;
    controller.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    expect(server.requestCount).toBe(1);
  });
});

describe('retries over endpoints', () => {
  it('go to one that did not refuse the request', async () => {
    await using busy = await answering([BUSY]);
    await using well = await answering([OK]);
    await using client = new HttpClient({
      endpoints: [busy.origin, well.origin],
      balance: 'sticky',
      retry: { backoffFactor: 0, budget: false },
      circuitBreaker: false,
    });
    for (let number = 0; number < 20; number++) {
      const response = await client.request('POST', '/', { body: '{}', affinity: `${number}` });
      expect(response.status).toBe(200);
    }
    expect(well.requestCount).toBe(20);
    expect(busy.requestCount).toBeGreaterThan(0);
    expect(busy.requestCount).toBeLessThan(20);
  });

  it('come back to one that refused where there is no other', async () => {
    await using first = await answering([BUSY, OK]);
    await using second = await answering([BUSY]);
    await using client = new HttpClient({
      endpoints: [first.origin, second.origin],
      retry: { backoffFactor: 0 },
      circuitBreaker: false,
    });
    expect((await client.request('GET', '/')).status).toBe(200);
    expect(first.requestCount).toBe(2);
    expect(second.requestCount).toBeGreaterThan(0);
  });
});

describe('the budget of retries', () => {
  it('bounds what a broken server is given', async () => {
    await using server = await answering([BUSY]);
    await using client = eager();
    const requests = Array.from({ length: 200 }, () => client.request('GET', server.origin));
    await Promise.all(requests);
    expect(server.requestCount).toBeGreaterThan(200);
    // A fifth, the ten in reserve, and what of these comes back while this runs.
    expect(server.requestCount).toBeLessThanOrEqual(200 + 40 + 10 + 5);
  });

  it('is as large as it is told to be', async () => {
    await using server = await answering([BUSY]);
    for (const [budget, most] of [
      [{ ratio: 0, reserve: 0 }, 20],
      [{ ratio: 1, reserve: 0 }, 40],
      [false, 80],
    ] as const) {
      await using client = eager({ budget });
      const before = server.requestCount;
      for (let number = 0; number < 20; number++) await client.request('GET', server.origin);
      expect(server.requestCount - before).toBe(most);
    }
  });
});
