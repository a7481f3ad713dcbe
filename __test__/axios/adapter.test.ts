import { once } from 'node:events';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import axiosOld from 'axios-1.6';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  disablePatches,
  enablePatches,
  getPatchStatus,
  HttpClient,
  patch,
  unpatch,
  unpatchAll,
} from 'warmline';
import { echo } from '../servers/echo.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';

type Axios = typeof axios;
/** Something to do with an instance, and what comes of it. */
type Deed = (instance: AxiosInstance, axios: Axios, server: HttpServer) => Promise<unknown>;

const VERSIONS: [string, Axios][] = [
  ['1 (newest)', axios],
  ['1.6', axiosOld as unknown as Axios],
];

let server: HttpServer;
let http: HttpClient;

beforeEach(async () => {
  http = new HttpClient();
  server = await httpServer((request, response) => {
    const url = request.url ?? '';
    const status = /^\/status\/(\d+)/.exec(url)?.[1];
    if (status !== undefined) {
      response.writeHead(Number(status), { 'content-type': 'application/json' });
      response.end(status === '204' || status === '304' ? '' : '{"error":{"message":"no"}}');
    } else if (url.startsWith('/to/')) {
      const [, , code, ...rest] = url.split('/');
      response
        .writeHead(Number(code), { location: `/${rest.join('/')}`, 'x-hop': '1' })
        .end('moved');
    } else if (url === '/loop') {
      response.writeHead(302, { location: '/loop' }).end();
    } else if (url === '/gzip') {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('{"packed":true}'));
    } else if (url === '/cookies') {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.end('\ufeffnot JSON');
    } else if (url === '/latin') {
      response.end(Buffer.from('é', 'latin1'));
    } else if (url === '/large') {
      response.end(Buffer.alloc(100_000, 'a'));
    } else if (url === '/cut') {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    } else if (url === '/half') {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    } else if (url !== '/never') void echo(request, response);
  });
});

afterEach(async () => {
  enablePatches();
  unpatchAll();
  await http.close();
  await server[Symbol.asyncDispose]();
});

/** What the echo server saw, without what goes by connection and by program. */
async function seen(data: unknown): Promise<object> {
  const { method, url, headers, body } = data as Record<string, string> & {
    headers: [string, string][];
  };
  const ours = [
    'host',
    'connection',
    'accept-encoding',
    'user-agent',
    'transfer-encoding',
    'content-length',
  ];
  const given = headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !ours.includes(name));
  const sent = Buffer.from(body ?? '', 'base64');
  const type = new Map(given).get('content-type') ?? '';
  const lines = given.map((line) => line.join(': ').replace(/boundary=.*/, 'boundary')).sort();
  if (!type.startsWith('multipart/')) return { method, url, headers: lines, sent: `${sent}` };
  const parts: unknown[] = [];
  for (const [name, value] of await new Response(sent, {
    headers: { 'content-type': type },
  }).formData()) {
    parts.push(
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, await value.text()],
    );
  }
  return { method, url, headers: lines, parts };
}

/** All that a program can tell of an error, but what Node words in another way. */
function described(
  error: unknown,
  { isAxiosError, isCancel, AxiosError, CanceledError }: Axios,
): object {
  const { name, message, code, response, config, request } = error as Error & {
    code?: string;
    response?: { status: number; data: unknown };
    config?: AxiosRequestConfig;
    request?: object;
  };
  const worded = code === 'ECONNREFUSED' || code === 'ECONNRESET';
  return {
    name,
    message: worded ? '' : message,
    code,
    isAxiosError: isAxiosError(error),
    isInstance: [error instanceof AxiosError, error instanceof CanceledError, isCancel(error)],
    status: response?.status,
    data: response?.data,
    url: config?.url?.replace(/:\d+$/, ''),
    hasRequest: request !== undefined,
  };
}

const failed =
  (deed: Deed): Deed =>
  async (instance, which, peer) => {
    try {
      return { gave: await deed(instance, which, peer) };
    } catch (error) {
      return described(error, which);
    }
  };

const get =
  (url: string, config: AxiosRequestConfig = {}): Deed =>
  async (instance) => {
    const { status, statusText, headers, data } = await instance.get(url, config);
    const {
      date: _,
      connection: __,
      'keep-alive': ___,
      ...rest
    } = headers as Record<string, string>;
    return {
      status,
      statusText,
      headers: rest,
      data: Buffer.isBuffer(data) ? ['buffer', `${data}`] : data,
    };
  };

const post =
  (data: () => unknown, config: AxiosRequestConfig = {}): Deed =>
  async (instance) =>
    await seen((await instance.post('/path', data(), config)).data);

const form = () => {
  const data = new FormData();
  data.append('name', 'värde');
  data.append('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
  return data;
};

const DEEDS: [string, Deed][] = [
  ['an object as JSON', post(() => ({ a: 'ä' }))],
  ['a string', post(() => 'text', { headers: { 'content-type': 'text/plain' } })],
  ['nothing', post(() => undefined)],
  ['a Buffer', post(() => Buffer.from('bytes'))],
  ['an ArrayBuffer', post(() => new Uint8Array([97, 98]).buffer)],
  ['URLSearchParams', post(() => new URLSearchParams({ a: 'b c' }))],
  ['a Blob', post(() => new Blob(['blob'], { type: 'text/x' }))],
  ['a form', post(form)],
  [
    'an object as a form',
    post(() => ({ a: '1', b: ['2'] }), { headers: { 'content-type': 'multipart/form-data' } }),
  ],
  ['a stream', post(() => Readable.from([Buffer.from('one '), Buffer.from('two')]))],
  ['a stream of strings', post(() => Readable.from(['one ', 'två']))],
  [
    'headers',
    post(() => '', { headers: { 'X-A': '1', 'x-b': ['2', '3'] as never, 'x-c': null as never } }),
  ],
  ['credentials', post(() => '', { auth: { username: 'me', password: 'pässword' } })],
  [
    'params',
    async (instance) =>
      await seen((await instance.get('/p?x=1', { params: { a: 'b c', d: [1, 2] } })).data),
  ],
  [
    'params by a serializer',
    async (instance) => {
      const paramsSerializer = { serialize: () => 'own=1' };
      return await seen((await instance.get('/p', { params: { a: 1 }, paramsSerializer })).data);
    },
  ],
  [
    'credentials in the URL',
    async (instance, _, { origin }) =>
      await seen((await instance.get(origin.replace('//', '//me:pass@'))).data),
  ],
  ...['delete', 'options', 'patch', 'put'].map((method): [string, Deed] => [
    method,
    async (instance) =>
      await seen((await instance.request({ url: '/m', method, data: { a: 1 } })).data),
  ]),
  [
    'HEAD',
    async (instance) => [
      (await instance.head('/large')).status,
      (await instance.head('/large')).data,
    ],
  ],
  ['JSON', get('/status/200')],
  ['text that is no JSON, and cookies', get('/cookies')],
  ['text', get('/status/200', { responseType: 'text' })],
  ['a Buffer of it', get('/status/200', { responseType: 'arraybuffer' })],
  ['another encoding', get('/latin', { responseEncoding: 'latin1' })],
  ['what is compressed', get('/gzip')],
  [
    'what is compressed, as it is',
    async (instance) =>
      Buffer.from(
        (await instance.get('/gzip', { decompress: false, responseType: 'arraybuffer' })).data,
      ).length > 20,
  ],
  [
    'a stream of it',
    async (instance) => {
      const { data, status } = await instance.get('/large', { responseType: 'stream' });
      return [status, data instanceof Readable, (await text(data)).length];
    },
  ],
  ['no content', get('/status/204')],
  ['a status that is accepted', get('/status/404', { validateStatus: () => true })],
  ...[301, 302, 303, 307, 308].map((code): [string, Deed] => [
    `a redirect by ${code}`,
    async (instance) => {
      const headers = { authorization: 'Bearer k' };
      const response = await instance.post(`/to/${code}/there`, { a: 1 }, { headers });
      return [await seen(response.data), new URL(response.request.res.responseUrl).pathname];
    },
  ]),
  [
    'a redirect of a stream',
    async (instance) =>
      await seen((await instance.post('/to/307/there', Readable.from(['a', 'b']))).data),
  ],
  [
    'a redirect elsewhere, without what tells who asks',
    async (instance, _, { origin, port }) => {
      const headers = { authorization: 'Bearer k', cookie: 'a=1', 'x-mine': '2' };
      const there = `${origin}/to/302/http://localhost:${port}/there`;
      await using peer = await httpServer((request, response) => {
        if (request.url === '/first')
          response.writeHead(302, { location: `${origin}/second` }).end();
        else response.end(there);
      });
      return await seen((await instance.get(`${peer.origin}/first`, { headers })).data);
    },
  ],
  ...[400, 401, 404, 429, 500, 503].map((status): [string, Deed] => [
    `status ${status}`,
    failed(get(`/status/${status}`)),
  ]),
  [
    'a redirect that is not followed',
    // Version 1.6 has no code for it.
    failed(get('/to/302/there', { maxRedirects: 0, validateStatus: (status) => status === 302 })),
  ],
  ['too many redirects', failed(get('/loop', { maxRedirects: 3 }))],
  ['too much', failed(get('/large', { maxContentLength: 1000 }))],
  ['just enough', failed(get('/large', { maxContentLength: 100_000 }))],
  ['too much to send', failed(post(() => 'a'.repeat(100), { maxBodyLength: 99 }))],
  ['data of another kind', failed(post(() => 5, { transformRequest: (data) => data }))],
  ['a time-out', failed(get('/never', { timeout: 30 }))],
  [
    'a time-out, in other words',
    failed(get('/never', { timeout: 30, timeoutErrorMessage: 'slow' })),
  ],
  [
    'a time-out, told from others',
    failed(get('/never', { timeout: 30, transitional: { clarifyTimeoutError: true } })),
  ],
  ['a time-out that is none', failed(get('/never', { timeout: 'soon' as never }))],
  ['what is cancelled beforehand', failed(get('/never', { signal: AbortSignal.abort() }))],
  [
    'what is cancelled at once',
    failed(async (instance) => {
      const stop = new AbortController();
      const request = instance.get('/never', { signal: stop.signal });
      queueMicrotask(() => queueMicrotask(() => stop.abort()));
      return await request;
    }),
  ],
  [
    'what is cancelled',
    failed(async (instance, _, peer) => {
      const stop = new AbortController();
      const request = instance.get('/never', { signal: stop.signal });
      await Promise.race([peer.connection(peer.accepted.length), request]);
      stop.abort();
      return await request;
    }),
  ],
  [
    'what is cancelled by a token',
    failed(async (instance, { CancelToken }, peer) => {
      const { token, cancel } = CancelToken.source();
      const request = instance.get('/never', { cancelToken: token });
      await Promise.race([peer.connection(peer.accepted.length), request]);
      cancel('enough');
      return await request;
    }),
  ],
  [
    'a stream that is cancelled',
    failed(async (instance) => {
      const stop = new AbortController();
      const { data } = await instance.get('/half', { responseType: 'stream', signal: stop.signal });
      const failure = once(data, 'error');
      data.once('data', () => stop.abort());
      throw (await failure)[0];
    }),
  ],
  ['nobody there', failed(async (instance) => await instance.get(await refusingOrigin()))],
  ['no URL', failed(async (instance) => await instance.get('http://['))],
];

describe.each(VERSIONS)('axios %s gives', (_, which) => {
  it.each(DEEDS)('on the engine what it gives without: %s', async (__, deed) => {
    const make = () => which.create({ baseURL: server.origin, proxy: false, httpAgent: undefined });
    const expected = await deed(make(), which, server);
    const patched = patch(make(), { client: http });
    expect(await deed(patched, which, server)).toEqual(expected);
    expect(expected).toBeDefined();
  });
});

describe.each(VERSIONS)('a patched axios %s', (_, which) => {
  it('sends over the engine, and so do instances that are made of it', async () => {
    const before = Object.getOwnPropertyDescriptors(which.defaults);
    expect(patch(which, { client: http })).toBe(which);
    expect(getPatchStatus().patched).toMatchObject([{ kind: 'axios', name: 'axios' }]);
    await which.get(server.origin);
    await which.create({ baseURL: server.origin }).get('/');
    expect(http.getPoolMetrics().totalRequests).toBe(2);
    expect(getPatchStatus().patched[0]?.statistics).toMatchObject({ calls: 2, fallbacks: 0 });
    expect(unpatch(which)).toBe(true);
    expect(Object.getOwnPropertyDescriptors(which.defaults)).toEqual(before);
    await which.get(server.origin);
    expect(http.getPoolMetrics().totalRequests).toBe(2);
  });

  it('leaves to axios what is its own, and all while patches are off', async () => {
    const instance = patch(which.create({ baseURL: server.origin }), { client: http });
    const agent = new Agent();
    const seenEvents: number[] = [];
    await instance.get('/', { httpAgent: agent });
    await instance.get('/', { onDownloadProgress: ({ loaded }) => seenEvents.push(loaded) });
    await instance.request({ url: '/', method: 'get', data: { a: 1 } });
    disablePatches();
    const response = await instance.post('/', { a: 1 });
    expect(await seen(response.data)).toMatchObject({ sent: '{"a":1}' });
    expect(response.config.data).toBe('{"a":1}');
    const error = await instance.get('/status/500').catch((reason) => reason);
    expect(error.config.transformResponse).toBe(error.response.config.transformResponse);
    expect(error.response.data).toEqual({ error: { message: 'no' } });
    enablePatches();
    expect(seenEvents.length).toBeGreaterThan(0);
    expect(http.getPoolMetrics().totalRequests).toBe(0);
    expect(getPatchStatus().patched[0]?.statistics).toMatchObject({ calls: 0, fallbacks: 5 });
    agent.destroy();
  });

  it('stops the upstream when it is cancelled, and when a stream is left', async () => {
    const instance = patch(which.create({ baseURL: server.origin }), { client: http });
    const stop = new AbortController();
    const request = instance.get('/half', { signal: stop.signal });
    await server.arrived(1);
    stop.abort();
    await expect(request).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await server.closed(0);
    const { data } = await instance.get('/half', { responseType: 'stream' });
    data.destroy();
    await server.closed(1);
  });

  it('says that a body was cut, with what came before it', async () => {
    const instance = patch(which.create({ baseURL: server.origin }), { client: http });
    const error = await instance.get('/cut').catch((reason) => reason);
    expect(error).toBeInstanceOf(which.AxiosError);
    expect(error).toMatchObject({
      code: 'ERR_BAD_RESPONSE',
      message: 'stream has been aborted',
      response: { status: 200 },
    });
  });
});
