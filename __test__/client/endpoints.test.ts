import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  acquireConnection,
  type EndpointStatus,
  HttpClient,
  patch,
  removeConnection,
  returnConnection,
  type WarmlineError,
} from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { portServers } from '../servers/ports.js';
import { refusingOrigin, refusingPort } from '../servers/refusing.js';

const counts = (servers: readonly HttpServer[]): number[] =>
  servers.map(({ requestCount }) => requestCount);

const origins = (servers: readonly HttpServer[]): string[] => servers.map(({ origin }) => origin);

const pick = <Name extends keyof EndpointStatus>(
  client: HttpClient,
  name: Name,
): EndpointStatus[Name][] => client.getEndpoints().map((endpoint) => endpoint[name]);

/** Starts a server that can die and come back where it was. */
async function mortalServer(): Promise<
  AsyncDisposable & { origin: string; kill(): Promise<void>; revive(): Promise<void> }
> {
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((_, response) => response.end('alive'));
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  };
  const port = await refusingPort();
  let server = await listen(port);
  const kill = async (): Promise<void> => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    kill,
    revive: async () => {
      server = await listen(port);
    },
    [Symbol.asyncDispose]: kill,
  };
}

describe('requests over endpoints', () => {
  it('are appended to their URLs and take turns by weight', async () => {
    const paths: (string | undefined)[] = [];
    const note: RequestListener = (request, response) => {
      paths.push(request.url);
      request.pipe(response);
    };
    await using first = await httpServer(note);
    await using second = await httpServer(note);
    await using third = await httpServer(note);
    await using client = new HttpClient({
      endpoints: [
        { url: `${first.origin}/v1/`, weight: 2 },
        new URL(`${second.origin}/v1`),
        `${third.origin}/v1`,
      ],
    });
    for (let request = 0; request < 12; request++) {
      const response = await client.request('POST', '/chat?a=b', { body: `${request}` });
      expect(response.text()).toBe(`${request}`);
    }
    expect(counts([first, second, third])).toEqual([6, 3, 3]);
    expect(new Set(paths)).toEqual(new Set(['/v1/chat?a=b']));
    expect(client.getEndpoints()[0]).toEqual({
      url: `${first.origin}/v1`,
      weight: 2,
      healthy: true,
      checkError: undefined,
      inFlight: 0,
      totalRequests: 6,
      totalFailures: 0,
    });
  });

  it('go to the least loaded one, for as long as responses are read', async () => {
    await using servers = await portServers(2);
    const waiting: ServerResponse[] = [];
    await using slow = await httpServer((_, response) => {
      response.write('begun');
      waiting.push(response);
    });
    await using client = new HttpClient({
      endpoints: [slow.origin, ...origins(servers.all)],
      balance: 'least-loaded',
    });
    const stream = await client.fetch('/');
    expect(pick(client, 'inFlight')).toEqual([1, 0, 0]);
    for (let request = 0; request < 6; request++) await client.request('GET', '/');
    expect(counts([slow, ...servers.all])).toEqual([1, 3, 3]);

    waiting[0]?.end();
    await stream.text();
    expect(pick(client, 'inFlight')).toEqual([0, 0, 0]);
    for (let request = 0; request < 3 && waiting.length < 2; request++) {
      const response = await client.fetch('/');
      await response.body?.cancel();
    }
    expect(waiting).toHaveLength(2);
  });

  it('with the same affinity go to the same one, from every client', async () => {
    await using servers = await portServers(3);
    const endpoints = origins(servers.all);
    const place = async (client: HttpClient, affinity: string): Promise<string> => {
      const response = await client.fetch('/', { affinity });
      await response.text();
      return response.url;
    };
    await using one = new HttpClient({ endpoints, balance: 'sticky' });
    await using other = new HttpClient({ endpoints: [...endpoints].reverse(), balance: 'sticky' });
    const found = new Set<string>();
    for (let tenant = 0; tenant < 30; tenant++) {
      const url = await place(one, `mandant-ä-${tenant}`);
      found.add(url);
      expect(await place(other, `mandant-ä-${tenant}`)).toBe(url);
      const before = pick(one, 'totalRequests');
      await one.request('POST', '/', { affinity: `mandant-ä-${tenant}`, body: 'x' });
      const at = endpoints.findIndex((origin) => `${origin}/` === url);
      expect(pick(one, 'totalRequests')[at]).toBe((before[at] as number) + 1);
    }
    expect(found.size).toBe(3);
  });

  it('know their own URL, and stay there when it redirects them', async () => {
    const redirecting = (): Promise<HttpServer> =>
      httpServer((request, response) => {
        if (request.url === '/to') response.end('there');
        else response.writeHead(307, { location: '/to' }).end();
      });
    await using first = await redirecting();
    await using second = await redirecting();
    await using client = new HttpClient({ endpoints: [first.origin, second.origin] });
    for (const server of [first, second]) {
      const direct = await client.fetch('to', { headers: { 'x-turn': 'skipped' } });
      const response = await client.fetch('from#part');
      expect([await direct.text(), await response.text()]).toEqual(['there', 'there']);
      expect([direct.redirected, response.redirected]).toEqual([false, true]);
      expect(direct.url).toBe(`${first.origin}/to`);
      expect(response.url).toBe(`${second.origin}/to`);
      expect(server.requestCount).toBeGreaterThan(0);
    }
  });

  it('may be absolute: below an endpoint they are for all, elsewhere they go there', async () => {
    await using servers = await portServers(3);
    const [first, second, elsewhere] = servers.all as [HttpServer, HttpServer, HttpServer];
    await using client = new HttpClient({ endpoints: origins([first, second]) });
    for (let request = 0; request < 4; request++) await client.request('GET', `${first.origin}/x`);
    await client.request('GET', `${elsewhere.origin}/x`);
    expect(counts(servers.all)).toEqual([2, 2, 1]);
    expect(pick(client, 'totalRequests')).toEqual([2, 2]);
  });

  it('of a patched SDK are balanced, where its base URL is one of them', async () => {
    const model: RequestListener = (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ object: 'list', data: [] }));
    };
    await using first = await httpServer(model);
    await using second = await httpServer(model);
    await using client = new HttpClient({
      endpoints: [`${first.origin}/v1`, `${second.origin}/openai/v1`],
    });
    const sdk = new OpenAI({ apiKey: 'k', baseURL: `${first.origin}/v1`, maxRetries: 0 });
    patch(sdk, { client });
    for (let request = 0; request < 6; request++) await sdk.models.list();
    expect(counts([first, second])).toEqual([3, 3]);
  });

  it('on a leased connection go where that leads', async () => {
    await using servers = await portServers(2);
    const endpoints = origins(servers.all);
    await using client = new HttpClient({ endpoints });
    const connection = await acquireConnection(endpoints[1] as string);
    try {
      for (let request = 0; request < 3; request++) {
        await client.request('GET', `${endpoints[1]}/`, { connection });
      }
      expect(counts(servers.all)).toEqual([0, 3]);
      const error = await rejection(client.request('GET', '/', { connection }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_URL' });
    } finally {
      returnConnection(connection);
      removeConnection(connection);
    }
  });
});

describe('an endpoint that fails', () => {
  it('costs no request that never left, is left out, and taken in again once it answers', async () => {
    await using mortal = await mortalServer();
    await using servers = await portServers(2);
    await using client = new HttpClient({
      endpoints: [mortal.origin, ...origins(servers.all)],
      failover: { failures: 2, timeout: 1 },
    });
    const post = () => client.request('POST', '/', { body: 'x' });
    await post();
    await mortal.kill();
    // The rest is over at once here: every trial fails, and goes on to another one.
    while (client.getEndpoints()[0]?.healthy) expect((await post()).status).toBe(200);
    for (let request = 0; request < 20; request++) expect((await post()).status).toBe(200);
    expect(client.getEndpoints()[0]?.totalFailures).toBeGreaterThanOrEqual(2);
    expect(pick(client, 'healthy')).toEqual([false, true, true]);

    await mortal.revive();
    while (!client.getEndpoints()[0]?.healthy) expect((await post()).status).toBe(200);
    const answers = await Promise.all([post(), post(), post()]);
    expect(answers.map((answer) => answer.text())).toContain('alive');
  });

  it('is not asked again before its time is over', async () => {
    await using servers = await portServers(2);
    await using client = new HttpClient({
      endpoints: [await refusingOrigin(), ...origins(servers.all)],
      failover: { failures: 1, timeout: 3_600_000 },
    });
    for (let request = 0; request < 10; request++) await client.request('GET', '/');
    expect(pick(client, 'totalRequests')).toEqual([1, 5, 5]);
    expect(pick(client, 'totalFailures')).toEqual([1, 0, 0]);
  });

  it.each(['round-robin', 'least-loaded', 'sticky'] as const)(
    'hands a streamed body on as it is: %s',
    async (balance) => {
      await using echo = await httpServer((request, response) => request.pipe(response));
      const dead = [await refusingOrigin(), await refusingOrigin()];
      await using client = new HttpClient({ endpoints: [...dead, echo.origin], balance });
      for (let request = 0; request < 5; request++) {
        const body = new Blob(['stre', 'amed']).stream();
        const init = { method: 'POST', body, duplex: 'half', affinity: `${request}` } as const;
        expect(await (await client.fetch('/', init)).text()).toBe('streamed');
      }
    },
  );

  it('after a POST has reached it keeps it; what is idempotent goes on', async () => {
    await using broken = await httpServer((request) => request.socket.destroy());
    await using servers = await portServers(1);
    await using client = new HttpClient({
      endpoints: [broken.origin, ...origins(servers.all)],
      failover: { failures: 1000 },
    });
    let lost = 0;
    for (let request = 0; request < 10; request++) {
      const posted = await client.request('POST', '/', { body: 'x' }).catch((error) => error);
      if (posted.status !== 200) {
        lost += 1;
        expect(posted).toMatchObject({ origin: broken.origin, retryable: false });
      }
    }
    expect([lost, broken.requestCount, servers.all[0]?.requestCount]).toEqual([5, 5, 5]);

    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      for (let request = 0; request < 2; request++) {
        const body = method === 'PUT' ? 'x' : null;
        expect((await client.request(method, '/', { body })).status).toBe(200);
      }
    }
    const { requestCount } = servers.all[0] as HttpServer;
    expect(requestCount).toBe(5 + 8);
  });

  it.each([
    ['HTTP/1.1', 'auto', (serve: RequestListener) => createServer(serve)],
    ['HTTP/2', 'prior-knowledge', (serve: RequestListener) => createHttp2Server(serve as never)],
  ] as const)(
    'never gets a POST twice, wherever connections break: %s',
    async (_, http2, create) => {
      const arrivals = new Map<string, number>();
      let turn = 0;
      const serve = (request: IncomingMessage, response: ServerResponse): void => {
        const id = `${request.headers['x-id']}`;
        arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
        turn += 1;
        if (turn % 7 === 0) request.socket.destroy();
        else if (turn % 5 === 0) response.end(id, () => request.socket.destroy());
        else response.end(id);
      };
      const servers = [1, 2, 3].map(() => create(serve));
      const loopbacks = await Promise.all(servers.map((server) => listenOnLoopback(server)));
      try {
        await using client = new HttpClient({
          endpoints: loopbacks.map(({ port }) => `http://127.0.0.1:${port}`),
          failover: { failures: 2, timeout: 1 },
          http2,
        });
        let answered = 0;
        const work = async (worker: number): Promise<void> => {
          for (let number = 0; number < 40; number++) {
            const id = `${worker}-${number}`;
            const post = client.request('POST', '/', { headers: { 'x-id': id }, body: id });
            const answer = await post.catch((error: WarmlineError) => error);
            if (!('status' in answer)) continue;
            expect(answer.text()).toBe(id);
            answered += 1;
          }
        };
        await Promise.all(Array.from({ length: 10 }, (_, worker) => work(worker)));
        expect(Math.max(...arrivals.values())).toBe(1);
        expect(answered).toBeGreaterThan(200);
      } finally {
        await Promise.all(loopbacks.map((loopback) => loopback[Symbol.asyncDispose]()));
      }
    },
  );

  it('is one where no answer begins in time', async () => {
    await using silent = await httpServer(() => {});
    await using servers = await portServers(1);
    await using client = new HttpClient({
      endpoints: [silent.origin, ...origins(servers.all)],
      timeout: { firstByte: 50 },
    });
    expect((await client.request('GET', '/')).status).toBe(200);
    expect(pick(client, 'totalFailures')).toEqual([1, 0]);
    const posted = await Promise.allSettled([
      client.request('POST', '/'),
      client.request('POST', '/'),
    ]);
    expect(posted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const reason = { code: 'UND_ERR_HEADERS_TIMEOUT', origin: silent.origin };
    expect(posted).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining(reason) }),
    );
    expect([silent.requestCount, servers.all[0]?.requestCount]).toEqual([2, 2]);
  });

  it('is no endpoint that answers with an error', async () => {
    await using busy = await httpServer((_, response) => response.writeHead(503).end());
    await using client = new HttpClient({
      endpoints: [busy.origin],
      retry: false,
      circuitBreaker: false,
    });
    for (let request = 0; request < 5; request++) {
      expect((await client.request('GET', '/')).status).toBe(503);
    }
    expect(client.getEndpoints()).toMatchObject([{ healthy: true, totalFailures: 0 }]);
  });

  it('keeps its requests where they are not to go on', async () => {
    await using servers = await portServers(1);
    const dead = await refusingOrigin();
    await using client = new HttpClient({
      endpoints: [dead, ...origins(servers.all)],
      failover: false,
      retry: { attempts: 2, backoffFactor: 0 },
    });
    const error = await rejection(client.request('GET', '/'));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', origin: dead, attempt: 3 });
    expect(servers.all[0]?.requestCount).toBe(0);
  });

  it('is told of by the error of the last one, when all fail', async () => {
    const dead = [await refusingOrigin(), await refusingOrigin()];
    await using client = new HttpClient({ endpoints: dead, retry: false });
    const error = (await rejection(client.request('POST', '/'))) as WarmlineError;
    expect(error).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect', origin: dead[1] });
    expect(pick(client, 'totalFailures')).toEqual([1, 1]);
    expect(pick(client, 'inFlight')).toEqual([0, 0]);
  });

  it('gets no blame for what the caller gives up', async () => {
    let closed: Promise<unknown> | undefined;
    await using server = await httpServer(({ socket }) => {
      closed = once(socket, 'close');
    });
    await using client = new HttpClient({ endpoints: [server.origin], timeout: 50 });
    const late = await rejection(client.request('GET', '/'));
    expect(late).toMatchObject({ code: 'WARMLINE_TOTAL_TIMEOUT' });
    const stop = new AbortController();
    const before = server.requestCount;
    const aborted = rejection(client.request('GET', '/', { signal: stop.signal, timeout: 60_000 }));
    await server.arrived(before + 1);
    stop.abort();
    await aborted;
    await closed;
    expect(client.getEndpoints()).toMatchObject([
      { healthy: true, totalRequests: 2, totalFailures: 0, inFlight: 0 },
    ]);
  });
});

describe('getEndpoints', () => {
  it('is empty without endpoints, and refuses once the client is closed', async () => {
    const client = new HttpClient();
    expect(client.getEndpoints()).toEqual([]);
    const error = await rejection(client.request('GET', '/relative'));
    expect(error).toMatchObject({ code: 'ERR_INVALID_URL' });
    await client.close();
    expect(() => client.getEndpoints()).toThrow(
      expect.objectContaining({ code: 'WARMLINE_CLOSED' }),
    );
  });
});

describe.runIf(process.platform === 'linux')('one name with many addresses', () => {
  it('has its connections spread over them', async () => {
    const arrived: (string | undefined)[] = [];
    const held: ServerResponse[] = [];
    const server = createServer((request, response) => {
      arrived.push(request.socket.localAddress);
      held.push(response);
      if (held.length === 6) for (const each of held) each.end();
    });
    await once(server.listen(0, '0.0.0.0'), 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
      await using client = new HttpClient({ dns: { hosts: { 'many.test': addresses } } });
      const url = `http://many.test:${port}/`;
      await Promise.all(Array.from({ length: 6 }, () => client.request('GET', url)));
      expect(arrived.sort()).toEqual([...addresses, ...addresses].sort());
    } finally {
      server.close();
    }
  });
});
