import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type EndpointStatus, HttpClient } from 'warmline';
import { selfSigned } from '../servers/certificates.js';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { httpsServer } from '../servers/https.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { portServers } from '../servers/ports.js';
import { refusingOrigin } from '../servers/refusing.js';
import { run } from '../workers/program.js';

/** Checks that come quickly, one after another. */
const QUICK = { interval: 1, timeout: 1000 };

/** A client whose outcome is that of its endpoints alone. */
const ALONE = { retry: false, circuitBreaker: false, cooldown: false } as const;

/** A server that says how it does when it is asked for `/health`, and serves everything else. */
async function checkedServer() {
  const changes = new Changes();
  const state = { status: 200, checks: [] as string[], requests: 0 };
  const server = await httpServer((request, response) => {
    if (request.url?.endsWith('/health')) {
      state.checks.push(request.url);
      response.writeHead(state.status);
      changes.change();
    } else {
      state.requests += 1;
    }
    response.end();
  });
  return Object.assign(state, {
    origin: server.origin,
    accepted: server.accepted,
    closed: server.closed,
    /** Resolves once it has been checked so many times more. */
    async checkedAgain(count = 1): Promise<void> {
      const wanted = state.checks.length + count;
      await changes.untilTrue(() => state.checks.length >= wanted);
    },
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  });
}

/** Resolves once the endpoints do so. */
async function until(
  client: HttpClient,
  holds: (endpoints: readonly EndpointStatus[]) => boolean,
): Promise<void> {
  while (!holds(client.getEndpoints())) await new Promise(setImmediate);
}

const healths = (client: HttpClient): boolean[] =>
  client.getEndpoints().map(({ healthy }) => healthy);

describe('an endpoint that is checked', () => {
  it('is left out before a request finds that it is down, and is back when it answers', async () => {
    await using first = await checkedServer();
    await using second = await checkedServer();
    first.status = 503;
    await using client = new HttpClient({
      ...{ ...ALONE, endpoints: [first.origin, second.origin] },
      activeChecks: { ...QUICK, path: '/health' },
    });
    await until(client, ([one]) => one?.healthy === false);
    expect(client.getEndpoints()).toMatchObject([{ checkError: '503' }, { checkError: undefined }]);
    for (let request = 0; request < 6; request++) await client.request('POST', '/chat');
    expect([first.requests, second.requests]).toEqual([0, 6]);

    first.status = 200;
    await until(client, ([one]) => one?.healthy === true);
    expect(client.getEndpoints()[0]?.checkError).toBeUndefined();
    for (let request = 0; request < 6; request++) await client.request('POST', '/chat');
    expect([first.requests, second.requests]).toEqual([3, 9]);
  });

  it('is out after as many failed checks in a row as it takes, and back after as many passed', async () => {
    await using server = await checkedServer();
    await using client = new HttpClient({
      endpoints: [server.origin],
      activeChecks: { ...QUICK, path: '/health', healthyThreshold: 3, unhealthyThreshold: 4 },
    });
    await server.checkedAgain();
    for (const [status, count] of [
      [500, 4],
      [200, 3],
    ] as const) {
      const before = healths(client);
      const since = server.checks.length;
      server.status = status;
      await until(client, ([one]) => one?.healthy !== before[0]);
      // The one that was under way as the status changed may have had the old one.
      expect(server.checks.length - since).toBeGreaterThanOrEqual(count);
    }
  });

  it.each([
    ['/health', '/health'],
    ['health', '/v1/health'],
  ])('is asked for %s as a page of it would be', async (path, asked) => {
    await using server = await checkedServer();
    await using client = new HttpClient({
      endpoints: [`${server.origin}/v1`],
      activeChecks: { ...QUICK, path },
    });
    await server.checkedAgain();
    expect(server.checks[0]).toBe(asked);
    expect(healths(client)).toEqual([true]);
  });

  it.each([404, 401, 302])('is there where its status is %i', async (status) => {
    await using server = await checkedServer();
    server.status = status;
    await using client = new HttpClient({
      endpoints: [server.origin],
      activeChecks: { ...QUICK, path: '/health', unhealthyThreshold: 1 },
    });
    await server.checkedAgain(3);
    expect(client.getEndpoints()).toMatchObject([{ healthy: true, checkError: undefined }]);
  });

  it('is out while nobody listens there, without a path, too', async () => {
    await using servers = await portServers(1);
    const endpoints = [await refusingOrigin(), ...servers.all.map(({ origin }) => origin)];
    await using client = new HttpClient({ ...ALONE, endpoints, activeChecks: QUICK });
    await until(client, ([one]) => one?.healthy === false);
    expect(client.getEndpoints()).toMatchObject([
      { checkError: 'ECONNREFUSED' },
      { healthy: true },
    ]);
    for (let request = 0; request < 4; request++) await client.request('POST', '/');
    expect(client.getEndpoints()[0]).toMatchObject({ totalRequests: 0, totalFailures: 0 });
  });

  it('is out while it accepts and says nothing', async () => {
    await using silent = await listenOnLoopback(createTcpServer((socket) => socket.resume()));
    await using client = new HttpClient({
      endpoints: [`http://127.0.0.1:${silent.port}`],
      activeChecks: { interval: 1, timeout: 30, path: '/health' },
    });
    await until(client, ([one]) => one?.healthy === false);
    expect(client.getEndpoints()[0]?.checkError).toBe('UND_ERR_HEADERS_TIMEOUT');
  });

  it('is out while its certificate is not trusted', async () => {
    const identity = selfSigned({ name: 'localhost', hosts: ['localhost'] });
    const served = new Changes();
    let requests = 0;
    await using server = await httpsServer(identity, (_, response) => {
      requests += 1;
      response.end();
      served.change();
    });
    const endpoints = [`https://localhost:${server.port}`];
    const activeChecks = { ...QUICK, path: '/' };
    await using stranger = new HttpClient({ endpoints, activeChecks });
    await until(stranger, ([one]) => one?.healthy === false);
    expect(requests).toBe(0);
    const tls = { ca: identity.cert };
    await using client = new HttpClient({ endpoints, activeChecks, tls });
    await served.untilTrue(() => requests >= 3);
    expect(client.getEndpoints()).toMatchObject([{ healthy: true, checkError: undefined }]);
  });
});

describe('active checks', () => {
  it('count for nothing while they fail everywhere', async () => {
    await using first = await checkedServer();
    await using second = await checkedServer();
    first.status = 500;
    second.status = 500;
    await using client = new HttpClient({
      ...{ ...ALONE, endpoints: [first.origin, second.origin] },
      activeChecks: { ...QUICK, path: '/health' },
    });
    await until(client, (all) => all.every(({ healthy }) => !healthy));
    for (let request = 0; request < 4; request++) await client.request('POST', '/chat');
    expect([first.requests, second.requests]).toEqual([2, 2]);
  });

  it('are no requests: no figure counts them, and each has a connection of its own', async () => {
    await using server = await checkedServer();
    await using client = new HttpClient({
      ...{ endpoints: [server.origin], health: true, analytics: true },
      activeChecks: { ...QUICK, path: '/health' },
    });
    await server.checkedAgain(3);
    await server.closed(0);
    expect(client.getPoolMetrics()).toMatchObject({
      totalRequests: 0,
      connectionsCreatedTotal: 0,
      connectionsTotal: 0,
    });
    expect(client.getHealth()).toEqual([]);
    expect(client.getCircuitBreakers()).toEqual([]);
    expect(server.accepted.length).toBeGreaterThanOrEqual(3);
  });

  it('end when their client is closed', async () => {
    await using server = await checkedServer();
    const client = new HttpClient({
      endpoints: [server.origin],
      activeChecks: { ...QUICK, path: '/health' },
    });
    await server.checkedAgain(2);
    await client.close();
    // One may have been under way. Another client is checked many times meanwhile.
    await using other = await checkedServer();
    await using _ = new HttpClient({
      endpoints: [other.origin],
      activeChecks: { ...QUICK, path: '/health' },
    });
    await other.checkedAgain(3);
    const checks = server.checks.length;
    await other.checkedAgain(30);
    expect(server.checks.length).toBe(checks);
  });

  it('keep no process alive', async () => {
    await using server = await checkedServer();
    server.status = 500;
    const program = new URL('programs/checks.mjs', import.meta.url).href;
    const ending = await run(program, [server.origin]);
    expect(ending).toEqual({ code: 0, signal: null, lines: ['checked'], stderr: '' });
  });
});
