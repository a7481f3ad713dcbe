import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HttpClient, type RateLimitOptions, type WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { Changes } from '../servers/changes.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { run } from '../workers/program.js';

/** A server that answers when it is told to. */
interface HoldingServer extends HttpServer {
  /** Requests that have come, in their order, answered ones included. */
  readonly urls: readonly string[];
  /** Waits until so many have come. */
  arrived(count: number): Promise<void>;
  /** Answers the earliest that was not, once it has come. */
  answer(body?: string, headers?: Record<string, string>, status?: number): Promise<void>;
}

async function holdingServer(): Promise<HoldingServer> {
  const changes = new Changes();
  const urls: string[] = [];
  const held: ServerResponse[] = [];
  const server = await httpServer((request, response) => {
    request.resume();
    urls.push(request.url ?? '');
    held.push(response);
    changes.change();
  });
  return Object.assign(Object.create(server) as HttpServer, {
    urls,
    arrived: (count: number) => changes.untilTrue(() => urls.length >= count),
    answer: async (body = '{}', headers = {}, status = 200) => {
      const response = await changes.until(() => held.shift());
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  request.resume().on('end', () => response.end(request.url));
};

const refused = { code: 'WARMLINE_RATE_LIMITED', phase: 'pool', retryable: true };

describe('requests at a time', () => {
  it('are as many as may be, in the order in which they came', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: { concurrentRequests: 2 } });
    const all = Array.from({ length: 6 }, (_, index) =>
      client.request('GET', `${server.origin}/${index}`),
    );
    for (let answered = 0; answered < 6; answered++) {
      await server.arrived(Math.min(answered + 2, 6));
      expect(server.urls.length).toBe(Math.min(answered + 2, 6));
      await server.answer();
    }
    await Promise.all(all);
    expect(server.urls).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
  });

  it('count until their responses have been read', async () => {
    await using server = await httpServer((request, response) => {
      response.write('begun');
      if (request.url === '/whole') response.end();
    });
    await using client = new HttpClient({
      rateLimit: { concurrentRequests: 1, mode: 'refuse' },
    });
    const response = await client.fetch(server.origin);
    expect(await rejection(client.request('GET', server.origin))).toMatchObject(refused);
    await response.body?.cancel();
    // The engine learns of it in its own time.
    const changes = new Changes();
    const look = setInterval(() => changes.change(), 5);
    await changes.untilTrue(() => client.getRateLimits()[0]?.inFlight === 0);
    clearInterval(look);
    expect((await client.request('GET', `${server.origin}/whole`)).text()).toBe('begun');
  });

  it('are those of one key', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: { concurrentRequests: 1, mode: 'refuse' } });
    const send = (key: string) =>
      client.request('POST', server.origin, { headers: { authorization: `Bearer ${key}` } });
    const first = send('one');
    const second = send('two');
    await server.arrived(2);
    expect(await rejection(send('one'))).toMatchObject(refused);
    await server.answer();
    await server.answer();
    await Promise.all([first, second]);
  });

  it('are those of one origin, each with its own limit', async () => {
    await using limited = await holdingServer();
    await using free = await httpServer(echo);
    await using client = new HttpClient({
      rateLimit: {
        [limited.origin]: { concurrentRequests: 1, mode: 'refuse' },
        [`${free.origin}/`]: { concurrentRequests: 2 },
      },
    });
    const first = client.request('GET', limited.origin);
    await limited.arrived(1);
    expect(await rejection(client.request('GET', limited.origin))).toMatchObject(refused);
    const others = Array.from({ length: 5 }, () => client.request('GET', free.origin));
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array(5).fill(200));
    await limited.answer();
    await first;
  });

  it('are not those that never left', async () => {
    const origin = await refusingOrigin();
    await using client = new HttpClient({
      rateLimit: { requestsPerMinute: 1, mode: 'refuse' },
      retry: false,
      circuitBreaker: false,
    });
    for (let time = 0; time < 3; time++) {
      const error = await rejection(client.request('GET', origin));
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});

describe('a request that has to wait', () => {
  const one: RateLimitOptions = { concurrentRequests: 1 };

  it('is stopped by its signal and keeps nobody waiting', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: one });
    const first = client.request('GET', `${server.origin}/first`);
    await server.arrived(1);
    const controller = new AbortController();
    const { signal } = controller;
    const second = rejection(client.request('GET', `${server.origin}/second`, { signal }));
    const third = client.request('GET', `${server.origin}/third`);
    controller.abort(new Error('enough'));
    expect(await second).toMatchObject({ message: 'enough' });
    await server.answer();
    await server.answer();
    await Promise.all([first, third]);
    expect(server.urls).toEqual(['/first', '/third']);
  });

  it('waits no longer than its deadline', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: one });
    const first = client.request('GET', server.origin);
    await server.arrived(1);
    const error = await rejection(client.request('GET', server.origin, { timeout: 50 }));
    expect(error).toMatchObject({ code: 'WARMLINE_TOTAL_TIMEOUT', phase: 'pool' });
    await server.answer();
    await first;
    expect(server.requestCount).toBe(1);
  });

  it('waits no longer than maxWait', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: { ...one, maxWait: 50 } });
    const first = client.request('GET', server.origin);
    await server.arrived(1);
    expect(await rejection(client.request('GET', server.origin))).toMatchObject(refused);
    await server.answer();
    await first;
    expect(server.requestCount).toBe(1);
  });

  it('lets interactive ones go first, and every tenth time it is a batch one', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: one });
    const all = [client.request('GET', `${server.origin}/first`)];
    await server.arrived(1);
    for (let index = 0; index < 3; index++) {
      const priority = index === 0 ? 'low' : 'batch';
      all.push(client.request('GET', `${server.origin}/batch`, { priority }));
    }
    for (let index = 0; index < 10; index++) {
      all.push(client.request('GET', `${server.origin}/interactive`));
    }
    const changes = new Changes();
    const look = setInterval(() => changes.change(), 5);
    await changes.untilTrue(() => client.getRateLimits()[0]?.waiting === 13);
    clearInterval(look);
    for (let index = 0; index < 14; index++) await server.answer();
    await Promise.all(all);
    expect(server.urls.indexOf('/batch')).toBe(10);
    expect(server.urls.slice(11)).toEqual(['/interactive', '/batch', '/batch']);
  });
});

describe('requests per minute', () => {
  it('are spread over a window that slides', async () => {
    const times: number[] = [];
    await using server = await httpServer((request, response) => {
      times.push(performance.now());
      echo(request, response);
    });
    await using client = new HttpClient({ rateLimit: { requestsPerMinute: 1200, window: 500 } });
    const begun = performance.now();
    await Promise.all(Array.from({ length: 25 }, () => client.request('GET', server.origin)));
    // Ten of them in each half a second; nothing arrives before it has left.
    expect((times[10] as number) - begun).toBeGreaterThanOrEqual(500);
    expect((times[20] as number) - begun).toBeGreaterThanOrEqual(1000);
    expect(times.length).toBe(25);
  });

  it('are refused beyond the limit, with the time until the next', async () => {
    await using server = await httpServer(echo);
    await using client = new HttpClient({ rateLimit: { requestsPerMinute: 2, mode: 'refuse' } });
    await client.request('GET', server.origin);
    await client.fetch(server.origin).then((response) => response.text());
    const error = (await rejection(client.request('GET', server.origin))) as WarmlineError;
    expect(error).toMatchObject({ ...refused, origin: server.origin });
    expect(error.retryAfter).toBeGreaterThan(55_000);
    expect(error.retryAfter).toBeLessThanOrEqual(60_400);
    expect(server.requestCount).toBe(2);
    expect(client.getRateLimits()).toMatchObject([
      { origin: server.origin, waiting: 0, inFlight: 0, requests: 2, tokens: 0 },
    ]);
  });

  it('may change while the client runs, and what was sent counts', async () => {
    await using server = await httpServer(echo);
    await using client = new HttpClient({ rateLimit: { requestsPerMinute: 1, mode: 'refuse' } });
    const send = () => client.request('GET', server.origin);
    await send();
    expect(await rejection(send())).toMatchObject(refused);
    client.updateRateLimit({ requestsPerMinute: 2, mode: 'refuse' });
    await send();
    expect(await rejection(send())).toMatchObject(refused);
    client.updateRateLimit(false);
    await send();
    expect(client.getRateLimits()).toEqual([]);
  });
});

describe('tokens per minute', () => {
  const limit: RateLimitOptions = { tokensPerMinute: 1000, mode: 'refuse' };
  const body = JSON.stringify({ model: 'm', max_tokens: 900 });

  it.each([
    ['in whole answers', 'application/json', '{"usage":{"total_tokens":40}}'],
    [
      'in streamed ones',
      'text/event-stream',
      'data: {"choices":[]}\n\ndata: {"usage":{"prompt_tokens":15,"completion_tokens":25}}\n\ndata: [DONE]\n\n',
    ],
    [
      "in Anthropic's streams",
      'text/event-stream',
      'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":15,"output_tokens":1}}}\n\n' +
        'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":25}}\n\n',
    ],
  ])('are corrected by what providers report %s', async (_, type, answer) => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: limit });
    const send = () => client.request('POST', server.origin, { body });
    const first = send();
    await server.arrived(1);
    expect(client.getRateLimits()).toMatchObject([{ tokens: 900 + Math.ceil(body.length / 4) }]);
    expect(await rejection(send())).toMatchObject(refused);
    await server.answer(answer, { 'content-type': type });
    await first;
    expect(client.getRateLimits()).toMatchObject([{ tokens: 40, inFlight: 0 }]);
    const second = send();
    await server.answer(answer, { 'content-type': type });
    await second;
  });

  it('stay as estimated where a response does not say, and are none generated where it is an error', async () => {
    await using server = await holdingServer();
    await using client = new HttpClient({ rateLimit: limit, retry: false });
    const input = Math.ceil(body.length / 4);
    const first = client.request('POST', server.origin, { body });
    await server.answer('{"error":{}}', {}, 400);
    await first;
    expect(client.getRateLimits()).toMatchObject([{ tokens: input }]);
    const second = client.request('POST', server.origin, { body });
    await server.answer('{}');
    await second;
    expect(client.getRateLimits()).toMatchObject([{ tokens: 900 + 2 * input }]);
  });
});

describe("a provider's own limits", () => {
  it.each([
    {
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '300ms',
    },
    {
      date: 'Thu, 15 Jan 2026 14:23:30 GMT',
      'anthropic-ratelimit-requests-limit': '1',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-01-15T14:23:30.3Z',
    },
  ])('are waited for', async (headers) => {
    const times: number[] = [];
    await using server = await httpServer((request, response) => {
      times.push(performance.now());
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      echo(request, response);
    });
    await using client = new HttpClient({ rateLimit: {} });
    for (let time = 0; time < 3; time++) await client.request('GET', server.origin);
    const [first, second, third] = times as [number, number, number];
    expect(second - first).toBeGreaterThan(290);
    expect(third - second).toBeGreaterThan(290);
  });

  it('make no difference to a client that is not to follow them', async () => {
    await using server = await httpServer((request, response) => {
      response.setHeader('x-ratelimit-remaining-requests', '0');
      response.setHeader('x-ratelimit-reset-requests', '1h0m0s');
      echo(request, response);
    });
    await using client = new HttpClient({ rateLimit: { followHeaders: false, mode: 'refuse' } });
    for (let time = 0; time < 3; time++) await client.request('GET', server.origin);
    client.updateRateLimit({ mode: 'refuse' });
    const error = (await rejection(client.request('GET', server.origin))) as WarmlineError;
    expect(error).toMatchObject(refused);
    expect(error.retryAfter).toBeGreaterThan(3_500_000);
  });

  it('leave a request to the endpoint that has room', async () => {
    const spent = (request: IncomingMessage, response: ServerResponse): void => {
      response.setHeader('x-ratelimit-remaining-requests', '0');
      response.setHeader('x-ratelimit-reset-requests', '1h0m0s');
      echo(request, response);
    };
    await using first = await httpServer(spent);
    await using second = await httpServer(echo);
    await using client = new HttpClient({
      rateLimit: {},
      endpoints: [first.origin, second.origin],
    });
    for (let time = 0; time < 6; time++) await client.request('GET', '/');
    expect([first.requestCount, second.requestCount]).toEqual([1, 5]);
  });
});

it('clients of all threads with the same limit have it in common', async () => {
  await using server = await holdingServer();
  const ending = run('rate-limit.mjs', [server.origin]);
  for (let answered = 0; answered < 8; answered++) {
    await server.arrived(answered + 2 > 8 ? 8 : answered + 2);
    expect(server.urls.length).toBe(Math.min(answered + 2, 8));
    await server.answer();
  }
  expect(await ending).toMatchObject({ code: 0, stderr: '', lines: ['200'.repeat(8)] });
});

it.each<[string, unknown]>([
  ['rateLimit must be an object', 5],
  ['rateLimit.requests is unknown', { requests: 5 }],
  ['rateLimit.requestsPerMinute', { requestsPerMinute: 0 }],
  ['rateLimit.tokensPerMinute', { tokensPerMinute: 1.5 }],
  ['rateLimit.concurrentRequests', { concurrentRequests: Number.POSITIVE_INFINITY }],
  ['rateLimit.window', { window: -1 }],
  ['rateLimit.followHeaders', { followHeaders: 1 }],
  ['rateLimit.mode', { mode: 'drop' }],
  ['rateLimit.maxWait', { maxWait: 5, mode: 'refuse' }],
  ['rateLimit must be an object whose keys are origins', { 'ftp://a.test': {} }],
  ['rateLimit must be an object whose keys are origins', { 'https://a.test/v1': {} }],
  ['rateLimit[https://a.test].window', { 'https://a.test': { window: 'long' } }],
])('%s: refused', (message, rateLimit) => {
  const options = { rateLimit: rateLimit as RateLimitOptions };
  expect(() => new HttpClient(options)).toThrow(message);
});

it('a priority that there is not is refused', async () => {
  await using client = new HttpClient();
  const priority = 'urgent' as 'high';
  const message = expect.stringContaining('priority');
  expect(await rejection(client.request('GET', 'http://a.test', { priority }))).toMatchObject({
    message,
  });
  expect(await rejection(client.fetch('http://a.test', { priority }))).toMatchObject({ message });
});
