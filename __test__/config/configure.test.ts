import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  configure,
  type DefaultClientOptions,
  fetch,
  getAnalytics,
  getPatchStatus,
  patch,
  unpatch,
  type WarmlineError,
} from 'warmline';
import { typeError } from '../fetch/implementations.js';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { portServer } from '../servers/ports.js';
import { proxyServer } from '../servers/proxy.js';
import { stallingServer } from '../servers/stalling.js';
import { run } from '../workers/program.js';
import { temporary } from './temporary.js';

const program = (name: string) => new URL(`programs/${name}`, import.meta.url);

const text = async (url: string): Promise<string> => (await fetch(url)).text();
const code = async (url: string): Promise<string> =>
  ((await typeError(fetch(url))).cause as WarmlineError).code;

// The default client is the process's: each test leaves it as it was.
afterEach(() => configure({}));

describe('configure', () => {
  it('gives the default client deadlines, for requests that follow', async () => {
    await using server = await stallingServer('before the head');
    configure({ timeout: { firstByte: 20 } });
    expect(await code(server.origin)).toBe('UND_ERR_HEADERS_TIMEOUT');
    configure({ timeout: { total: 20 } });
    expect(await code(server.origin)).toBe('WARMLINE_TOTAL_TIMEOUT');
  });

  it('changes limits in place: the connections that are open stay', async () => {
    await using server = await portServer();
    const port = await text(server.origin);
    configure({ maxConnections: 5, timeout: { idle: 10_000 } });
    expect(await text(server.origin)).toBe(port);
    configure({ maxKeepaliveConnections: 0 });
    await server.closed(0);
    expect(await text(server.origin)).not.toBe(port);
  });

  it('lets what is under way end as it began, also where connections are to be made anew', async () => {
    const held: ServerResponse[] = [];
    const changes = new Changes();
    await using server = await httpServer((_, response) => {
      response.write('begun, ');
      held.push(response);
      changes.change();
    });
    await using proxy = await proxyServer();
    const before = [text(server.origin), text(server.origin)];
    await changes.untilTrue(() => held.length === 2);
    configure({ proxy: `http://127.0.0.1:${proxy.port}`, timeout: { total: 5000 } });
    const after = text(server.origin);
    await changes.untilTrue(() => held.length === 3);
    for (const response of held) response.end('ended');
    expect(await Promise.all([...before, after])).toEqual(Array(3).fill('begun, ended'));
    expect(proxy.asked).toHaveLength(1);
  });

  it('sends again, and leaves unasked what fails, only where it is told to', async () => {
    await using server = await httpServer((_, response) => {
      response.statusCode = server.requestCount === 3 ? 200 : 503;
      response.end();
    });
    const retry = { attempts: 1, backoffFactor: 0 };
    expect((await fetch(server.origin)).status).toBe(503);
    configure({ retry });
    expect((await fetch(server.origin)).status).toBe(200);
    expect(server.requestCount).toBe(3);
    configure({ retry, circuitBreaker: { failureThreshold: 2 } });
    for (let i = 0; i < 2; i++) {
      expect((await fetch(server.origin, { retry: false })).status).toBe(503);
    }
    expect(server.requestCount).toBe(5);
    expect(await code(server.origin)).toBe('WARMLINE_CIRCUIT_OPEN');
  });

  it('goes on counting where it was, also where connections are to be made anew', async () => {
    await using server = await portServer();
    configure({
      analytics: true,
      providers: { mine: { baseUrl: `${server.origin}/v1`, analytics: true } },
    });
    await text(server.origin);
    await text(`${server.origin}/v1/chat`);
    const counted = () =>
      getAnalytics()
        .hours.filter(({ origin }) => origin === server.origin)
        .reduce((sum, { requests = 0 }) => sum + requests, 0);
    expect(counted()).toBe(2);
    configure({ analytics: { performanceMetrics: false }, maxConnections: 5 });
    await text(server.origin);
    expect(getAnalytics().collect_performance_metrics).toBe(false);
    expect(counted()).toBe(2);
    configure({ analytics: true, proxy: false, localAddress: '127.0.0.1' });
    await text(server.origin);
    expect(counted()).toBe(3);
    configure({});
    expect(getAnalytics()).toEqual({
      collect_connection_patterns: false,
      collect_performance_metrics: false,
      hours: [],
    });
  });

  it('counts what was sent under a rate limit before, also where connections are to be made anew', async () => {
    await using server = await portServer();
    const limited = (requestsPerMinute: number, more: DefaultClientOptions = {}) =>
      configure({ rateLimit: { requestsPerMinute, mode: 'refuse' }, ...more });
    limited(1);
    await text(server.origin);
    limited(2);
    await text(server.origin);
    expect(await code(server.origin)).toBe('WARMLINE_RATE_LIMITED');
    limited(3, { localAddress: '127.0.0.1' });
    await text(server.origin);
    expect(await code(server.origin)).toBe('WARMLINE_RATE_LIMITED');
  });

  it('lets requests go that wait in line, where a rate limit is raised', async () => {
    const held: ServerResponse[] = [];
    const changes = new Changes();
    await using server = await httpServer((_, response) => {
      held.push(response);
      changes.change();
    });
    configure({ rateLimit: { concurrentRequests: 1 } });
    const answers = [text(server.origin), text(server.origin)];
    await changes.untilTrue(() => held.length === 1);
    configure({ rateLimit: { concurrentRequests: 2 }, maxConnections: 5 });
    await changes.untilTrue(() => held.length === 2);
    for (const response of held) response.end('done');
    expect(await Promise.all(answers)).toEqual(['done', 'done']);
  });

  it('leaves it to those who send again by themselves', async () => {
    await using server = await httpServer((_, response) => {
      response.statusCode = 503;
      response.end();
    });
    configure({ retry: { attempts: 3, backoffFactor: 0 } });
    patch(globalThis);
    try {
      expect((await globalThis.fetch(server.origin)).status).toBe(503);
    } finally {
      unpatch(globalThis);
    }
    expect(server.requestCount).toBe(1);
  });

  it('holds in every thread', async () => {
    await using server = await stallingServer('before the head');
    configure({ timeout: { firstByte: 20 } });
    const worker = new Worker(program('configured-worker.mjs'), { workerData: server.origin });
    // It may end in the turn in which its message comes.
    const [said] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect(said).toEqual(['UND_ERR_HEADERS_TIMEOUT']);
  });

  it('leaves everything as it was when it refuses', async () => {
    await using server = await stallingServer('before the head');
    configure({ timeout: { firstByte: 20 } });
    const nonsense = { timeout: { total: 10 }, tls: { ca: 'nonsense' } };
    expect(() => configure(nonsense)).toThrow(expect.objectContaining({ code: 'WARMLINE_CA' }));
    expect(() =>
      configure({ providers: { mine: { baseUrl: server.origin, ...nonsense } } }),
    ).toThrow(expect.objectContaining({ code: 'WARMLINE_CA' }));
    expect(await code(server.origin)).toBe('UND_ERR_HEADERS_TIMEOUT');
  });

  it.each<[string, unknown]>([
    ['maxConnections must', { maxConnections: 0 }],
    ['maxConnection is unknown', { maxConnection: 5 }],
    ['compress must', { compress: 'gzip' }],
    ['dns.lookup must', { dns: { lookup: () => {} } }],
    ['providers must', { providers: 5 }],
    ['providers.mine: baseUrl must', { providers: { mine: {} } }],
    [
      'providers.mine: maxConnections must',
      { providers: { mine: { baseUrl: 'http://a.test', maxConnections: 0 } } },
    ],
    ['providers.mine: endpoints[0] must', { providers: { mine: { baseUrl: 'a.test' } } }],
  ])('refuses by its name: %s', (message, options) => {
    expect(() => configure(options as DefaultClientOptions)).toThrow(TypeError);
    expect(() => configure(options as DefaultClientOptions)).toThrow(message);
  });
});

describe('a provider', () => {
  it('has its own options for the requests to its address, and a pool of its own', async () => {
    await using server = await portServer();
    configure({
      providers: { alone: { baseUrl: `${server.origin}/v1`, maxKeepaliveConnections: 0 } },
    });
    const [one, other] = [await text(`${server.origin}/v1/a`), await text(`${server.origin}/v1?b`)];
    expect(one).not.toBe(other);
    // Neither the same address with more letters, nor what lies beside it.
    const port = await text(`${server.origin}/v10`);
    for (const path of ['/v2', '', '/v10/v1']) expect(await text(server.origin + path)).toBe(port);
    // However the address is written.
    const shouted = `${server.origin.replace('http', ' HTTP')}/v2/../v1/a`;
    expect(await text(shouted)).not.toBe(port);
  });

  it('with the longest address is the one', async () => {
    await using server = await stallingServer('before the head');
    configure({
      timeout: { total: 5000 },
      providers: {
        all: { baseUrl: server.origin, timeout: { total: 20 } },
        chat: { baseUrl: `${server.origin}/chat/`, timeout: { firstByte: 20 } },
      },
    });
    expect(await code(`${server.origin}/models`)).toBe('WARMLINE_TOTAL_TIMEOUT');
    expect(await code(`${server.origin}/chat/completions`)).toBe('UND_ERR_HEADERS_TIMEOUT');
  });

  it('may have several endpoints, which take turns for the requests to any of them', async () => {
    await using one = await portServer();
    await using other = await portServer();
    configure({ providers: { both: { endpoints: [one.origin, other.origin] } } });
    for (let i = 0; i < 4; i++) await text(`${one.origin}/path`);
    expect([one.requestCount, other.requestCount]).toEqual([2, 2]);
  });

  it('keeps its connections when others change', async () => {
    await using server = await portServer();
    const provider = { baseUrl: server.origin, timeout: { total: 5000 } };
    configure({ providers: { mine: provider } });
    const port = await text(server.origin);
    configure({ maxConnections: 9, providers: { mine: { ...provider, maxConnections: 2 } } });
    expect(await text(server.origin)).toBe(port);
  });
});

describe('a file', () => {
  it('sets up the default client and its providers', async () => {
    await using server = await stallingServer('before the head');
    await using folder = temporary({
      'warmline.yaml': `
http_client: { timeout: 20ms }
providers:
  mine: { base_url: "${server.origin}/v1", connection_pool: { timeout: { read: 20ms } } }
`,
    });
    const { config } = await configure(folder.path('warmline.yaml'), { env: {} });
    expect(config.providers['mine']?.baseUrls).toEqual([`${server.origin}/v1`]);
    expect(await code(server.origin)).toBe('WARMLINE_TOTAL_TIMEOUT');
    configure({});
    await configure(folder.path('warmline.yaml'), { env: { WARMLINE_HTTP_CLIENT__TIMEOUT: '1h' } });
    const [, race] = await Promise.all([
      server.stalled(2),
      Promise.race([code(`${server.origin}/v1/chat`), code(server.origin)]),
    ]);
    expect(race).toBe('UND_ERR_HEADERS_TIMEOUT');
  });

  it('that switches the client off sends patched clients back to what they had', async () => {
    await using folder = temporary({
      'off.yaml': 'http_client: { enabled: false }',
      'on.yaml': 'http_client: { enabled: true }',
    });
    await configure(folder.path('off.yaml'), { env: {} });
    expect(getPatchStatus().enabled).toBe(false);
    await configure(folder.path('on.yaml'), { env: {} });
    expect(getPatchStatus().enabled).toBe(true);
  });

  it('that is wrong changes nothing', async () => {
    await using server = await stallingServer('before the head');
    await using folder = temporary({ 'warmline.yaml': 'http_client: { timeout: never }' });
    configure({ timeout: { firstByte: 20 } });
    for (const watch of [false, true]) {
      const configured = configure(folder.path('warmline.yaml'), { env: {}, watch });
      await expect(configured).rejects.toMatchObject({ code: 'WARMLINE_CONFIG' });
    }
    expect(await code(server.origin)).toBe('UND_ERR_HEADERS_TIMEOUT');
  });

  it('that is watched applies as it changes, and loses no request', async () => {
    await using server = await portServer();
    const limits = (max: number) =>
      `http_client: { pool_limits: { max_connections: ${max} }, timeout: { pool: 30 } }\n`;
    await using folder = temporary({ 'warmline.yaml': limits(1) });
    const changes = new Changes();
    const seen: unknown[] = [];
    const watched = await configure(folder.path('warmline.yaml'), {
      env: {},
      watch: true,
      onChange({ client }) {
        seen.push(client.maxConnections);
        changes.change();
      },
      onError(error) {
        seen.push((error as { code?: unknown }).code);
        changes.change();
      },
    });
    try {
      let stop = false;
      const traffic = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (!stop) await text(server.origin);
        }),
      );
      for (const max of [2, 3, 4, 5]) {
        folder.write('warmline.yaml', limits(max));
        await changes.untilTrue(() => seen.includes(max));
      }
      folder.write('warmline.yaml', 'http_client: { keepalive_expirey: 5 }\n');
      await changes.untilTrue(() => seen.includes('WARMLINE_CONFIG'));
      expect(watched.config.client.maxConnections).toBe(5);
      // New connections, too, take over without a loss.
      folder.write(
        'warmline.yaml',
        `${limits(6)}  # and\n`.replace('{ pool', '{ proxy: false, pool'),
      );
      await changes.untilTrue(() => seen.includes(6));
      stop = true;
      await traffic;
    } finally {
      watched.close();
    }
    expect(seen).toEqual([2, 3, 4, 5, 'WARMLINE_CONFIG', 6]);
  });

  it('alone needs the packages that read it', async () => {
    await using folder = temporary({ 'warmline.yaml': '' });
    const ending = await run(program('loads.mjs').href, [folder.path('warmline.yaml')]);
    expect(ending).toMatchObject({ code: 0, lines: ['', 'yaml,zod'] });
  });
});
