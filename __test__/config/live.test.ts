import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  configure,
  type DefaultClientOptions,
  fetch,
  getAnalytics,
  type WarmlineError,
} from 'warmline';
import { typeError } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { Changes } from '../servers/changes.js';
import { deafServer } from '../servers/deaf.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { httpsServer } from '../servers/https.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { refusingOrigin } from '../servers/refusing.js';
import { socksServer } from '../servers/socks.js';

afterEach(() => configure({}));

/** Answers with the port that it is asked from, but for some paths. */
interface Server extends HttpServer {
  /** The answers to `/held`, which wait for the test. */
  readonly held: readonly ServerResponse[];
  /** Resolves once so many requests have come for `/held`. */
  came(count: number): Promise<void>;
}

async function serve(): Promise<Server> {
  const held: ServerResponse[] = [];
  const changes = new Changes();
  const server = await httpServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://here');
    if (pathname === '/held') {
      held.push(response);
      changes.change();
    } else if (pathname === '/codings') {
      response.end(request.headers['accept-encoding']);
    } else if (pathname === '/busy') {
      response.writeHead(429, { 'retry-after': '30' }).end();
    } else if (pathname === '/broken') {
      response.writeHead(503).end();
    } else {
      response.end(`${request.socket.remotePort}`);
    }
  });
  const came = (count: number) => changes.untilTrue(() => held.length >= count);
  return Object.assign(server, { held, came });
}

const text = async (url: string): Promise<string> => (await fetch(url)).text();
const status = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.text();
  return response.status;
};
const code = async (url: string, init: RequestInit = {}): Promise<string> =>
  ((await typeError(fetch(url, init))).cause as WarmlineError).code;

/** How an option is seen to hold for the requests that follow. `server` has a connection already. */
type Trial = (server: Server) => Promise<void>;

/** For options of connections: those that there are do not have them. */
const beginsAnew =
  (options: DefaultClientOptions): Trial =>
  async ({ origin }) => {
    const port = await text(origin);
    configure(options);
    expect(await text(origin)).not.toBe(port);
  };

// One for every option there is: a new one that has none is no program.
const TRIALS: Record<keyof DefaultClientOptions, Trial> = {
  async maxConnections(server) {
    configure({ maxConnections: 1, timeout: { pool: 20 } });
    const held = text(`${server.origin}/held`);
    await server.came(1);
    expect(await code(server.origin)).toBe('WARMLINE_POOL_TIMEOUT');
    configure({ maxConnections: 2, timeout: { pool: 20_000 } });
    await text(server.origin);
    server.held[0]?.end();
    await held;
  },
  async maxKeepaliveConnections(server) {
    configure({ maxKeepaliveConnections: 0 });
    await server.closed(0);
  },
  async keepaliveExpiry(server) {
    configure({ keepaliveExpiry: 1, cleanupInterval: 5 });
    await server.closed(0);
  },
  async cleanupInterval(server) {
    configure({ keepaliveExpiry: 1, cleanupInterval: false });
    configure({ keepaliveExpiry: 1, cleanupInterval: 5 });
    await server.closed(0);
  },
  async minIdle(server) {
    configure({ minIdle: 2 });
    await text(server.origin);
    await server.connection(1);
  },
  healthCheck: beginsAnew({ healthCheck: { timeout: 1234 } }),
  async timeout(server) {
    configure({ timeout: { firstByte: 20 } });
    expect(await code(`${server.origin}/held`)).toBe('UND_ERR_HEADERS_TIMEOUT');
  },
  async connectTimeout() {
    await using deaf = await deafServer();
    configure({ connectTimeout: 20 });
    expect(await code(deaf.origin)).toBe('UND_ERR_CONNECT_TIMEOUT');
  },
  async writeTimeout() {
    await using server = await listenOnLoopback(createServer({ pauseOnConnect: true }));
    configure({ writeTimeout: 20 });
    const body = new Uint8Array(64 * 1024 * 1024);
    const url = `http://127.0.0.1:${server.port}`;
    expect(await code(url, { method: 'POST', body })).toBe('WARMLINE_WRITE_TIMEOUT');
  },
  async dns(server) {
    configure({ dns: { hosts: { 'live.test': ['127.0.0.1'] } } });
    await text(`http://live.test:${server.port}`);
  },
  async socketPath(server) {
    configure({ socketPath: '/nowhere/server.sock' });
    expect(await code(server.origin)).toBe('ENOENT');
  },
  localAddress: beginsAnew({ localAddress: '127.0.0.1' }),
  tcpKeepalive: beginsAnew({ tcpKeepalive: false }),
  async tls() {
    const authority = new CertificateAuthority('authority');
    const identity = authority.issue({ name: 'leaf', hosts: ['127.0.0.1'] });
    await using server = await httpsServer(identity, (_, response) => response.end());
    const url = server.url('127.0.0.1');
    expect(await code(url)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    configure({ tls: { ca: authority.cert } });
    await text(url);
  },
  async proxy(server) {
    await using proxy = await socksServer();
    configure({ proxy: `socks5://127.0.0.1:${proxy.port}` });
    await text(server.origin);
    expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
  },
  async http2(server) {
    configure({ http2: 'prior-knowledge' });
    await expect(text(server.origin)).rejects.toThrow('fetch failed');
  },
  async decompress(server) {
    expect(await text(`${server.origin}/codings`)).toContain('gzip');
    configure({ decompress: false });
    expect(await text(`${server.origin}/codings`)).not.toContain('gzip');
  },
  async endpoints(server) {
    await using other = await serve();
    configure({ endpoints: [server.origin, other.origin] });
    for (let number = 0; number < 4; number++) await text(server.origin);
    expect(other.requestCount).toBe(2);
  },
  async balance(server) {
    await using other = await serve();
    const endpoints = [server.origin, other.origin];
    configure({ endpoints, balance: 'least-loaded' });
    const held = text(`${server.origin}/held`);
    await Promise.race([server.came(1), other.came(1)]);
    const [busy, idle] = server.held.length === 1 ? [server, other] : [other, server];
    const before = idle.requestCount;
    for (let number = 0; number < 3; number++) await text(server.origin);
    expect(idle.requestCount).toBe(before + 3);
    configure({ endpoints, balance: 'round-robin' });
    for (let number = 0; number < 4; number++) await text(server.origin);
    expect(idle.requestCount).toBe(before + 5);
    busy.held[0]?.end();
    await held;
  },
  async activeChecks(server) {
    // Each check has a connection of its own.
    configure({ endpoints: [server.origin], activeChecks: { interval: 1 } });
    await server.connection(3);
  },
  async failover(server) {
    const endpoints = [await refusingOrigin(), server.origin];
    const twice = () => Promise.allSettled([text(server.origin), text(server.origin)]);
    const all = async () => (await twice()).map((outcome) => outcome.status).sort();
    configure({ endpoints });
    expect(await all()).toEqual(['fulfilled', 'fulfilled']);
    configure({ endpoints, failover: false });
    expect(await all()).toContain('rejected');
  },
  async retry(server) {
    configure({ retry: { attempts: 2, backoffFactor: 0 } });
    const before = server.requestCount;
    expect(await status(`${server.origin}/broken`)).toBe(503);
    expect(server.requestCount).toBe(before + 3);
  },
  async circuitBreaker(server) {
    configure({ circuitBreaker: { failureThreshold: 1 } });
    expect(await status(`${server.origin}/broken`)).toBe(503);
    expect(await code(server.origin)).toBe('WARMLINE_CIRCUIT_OPEN');
  },
  async cooldown(server) {
    configure({ timeout: { total: 5000 } });
    expect(await status(`${server.origin}/busy`)).toBe(429);
    expect(await code(server.origin)).toBe('WARMLINE_COOLING_DOWN');
    configure({ timeout: { total: 5000 }, cooldown: false });
    expect(await status(server.origin)).toBe(200);
  },
  async rateLimit(server) {
    configure({ rateLimit: { requestsPerMinute: 1, mode: 'refuse' } });
    await text(server.origin);
    expect(await code(server.origin)).toBe('WARMLINE_RATE_LIMITED');
  },
  async health(server) {
    await using other = await serve();
    const endpoints = [`${server.origin}/broken`, `${other.origin}/well`];
    const shareOfBroken = async () => {
      const before = server.requestCount;
      for (let number = 0; number < 20; number++) await status(`${other.origin}/well`);
      return server.requestCount - before;
    };
    configure({ endpoints });
    expect(await shareOfBroken()).toBe(10);
    configure({ endpoints, health: { unhealthyThreshold: 1 } });
    expect(await shareOfBroken()).toBeLessThan(8);
  },
  async analytics(server) {
    configure({ analytics: true });
    await text(server.origin);
    const { hours } = getAnalytics();
    expect(hours).toMatchObject([{ origin: server.origin, requests: 1 }]);
  },
  async scaling(server) {
    const base = { maxConnections: 2, timeout: { pool: 20 } };
    configure(base);
    const held = [text(`${server.origin}/held`), text(`${server.origin}/held`)];
    await server.came(2);
    expect(await code(server.origin)).toBe('WARMLINE_POOL_TIMEOUT');
    // Both are busy, which is worth one more.
    configure({ ...base, timeout: { pool: 20_000 }, scaling: true });
    await text(server.origin);
    for (const response of server.held) response.end();
    await Promise.all(held);
  },
  async hedge(server) {
    configure({ hedge: { delay: 5 } });
    const slow = text(`${server.origin}/held`);
    await server.came(2);
    for (const response of server.held) response.end();
    await slow;
  },
  async providers(server) {
    const mine = { baseUrl: `${server.origin}/held`, timeout: { firstByte: 20 } };
    configure({ providers: { mine } });
    expect(await code(`${server.origin}/held`)).toBe('UND_ERR_HEADERS_TIMEOUT');
  },
};

describe('an option of the default client that is changed while it is in use', () => {
  it.each(Object.entries(TRIALS))('holds for what follows: %s', async (_, holds) => {
    await using server = await serve();
    await text(server.origin);
    await holds(server);
  });
});
