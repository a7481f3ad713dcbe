import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpClient, type WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { runProgram } from '../fetch/programs/program.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { httpServer } from '../servers/http.js';
import { httpsServer } from '../servers/https.js';
import { type ProxyBehaviour, proxyServer } from '../servers/proxy.js';
import { refusingPort } from '../servers/refusing.js';
import { socksServer } from '../servers/socks.js';

const authority = new CertificateAuthority('Company Root');
const tls = { ca: authority.cert };
const originIdentity = authority.issue({ name: 'origin', hosts: ['origin.test'] });
const proxyIdentity = authority.issue({ name: 'proxy', hosts: ['127.0.0.1'] });
const CREDENTIALS = 'mallory:hunter2';

/** Sends back what it got, and what of it was not for its eyes. */
const echo = () =>
  httpsServer(originIdentity, (request, response) => {
    response.setHeader('x-proxy-authorization', request.headers['proxy-authorization'] ?? 'none');
    request.pipe(response);
  });

const plainEcho = () =>
  httpServer((request, response) => {
    response.setHeader('x-url', request.url ?? '');
    response.setHeader('x-host', request.headers.host ?? '');
    request.pipe(response);
  });

const KINDS: [name: string, behaviour: ProxyBehaviour, scheme: string][] = [
  ['an HTTP proxy', {}, 'http://'],
  ['an HTTP proxy with credentials', { credentials: CREDENTIALS }, `http://${CREDENTIALS}@`],
  ['an HTTP proxy in TLS', { identity: proxyIdentity }, 'https://'],
  [
    'an HTTP proxy in TLS with credentials',
    { identity: proxyIdentity, credentials: CREDENTIALS },
    `https://${CREDENTIALS}@`,
  ],
];

describe.each(KINDS)('%s', (_, behaviour, scheme) => {
  it('gives an https origin a tunnel, which is used again', async () => {
    await using origin = await echo();
    await using proxy = await proxyServer(behaviour);
    await using client = new HttpClient({ tls, proxy: `${scheme}127.0.0.1:${proxy.port}` });
    for (const body of ['one', 'two', 'three']) {
      const response = await client.request('POST', origin.url('origin.test'), { body });
      expect(response.text()).toBe(body);
      expect(response.headers.get('x-proxy-authorization')).toBe('none');
    }
    expect(proxy.asked.map(({ method, target }) => `${method} ${target}`)).toEqual([
      `CONNECT origin.test:${origin.port}`,
    ]);
    expect(origin.accepted.length).toBe(1);
  });

  it('passes requests to a plain origin on, and is asked on one connection', async () => {
    await using origin = await plainEcho();
    await using proxy = await proxyServer(behaviour);
    await using client = new HttpClient({ tls, proxy: `${scheme}127.0.0.1:${proxy.port}` });
    const url = `http://origin.test:${origin.port}/path?query#fragment`;
    for (const body of ['one', 'two', 'three']) {
      const response = await client.request('POST', url, { body });
      expect(response.text()).toBe(body);
      expect(response.headers.get('x-url')).toBe('/path?query');
      expect(response.headers.get('x-host')).toBe(`origin.test:${origin.port}`);
    }
    expect(proxy.asked.map(({ method, target }) => `${method} ${target}`)).toEqual(
      Array(3).fill(`POST http://origin.test:${origin.port}/path?query`),
    );
    expect(proxy.accepted.length).toBe(1);
  });

  it.each(['http', 'https'])('carries megabytes both ways, to %s', async (originScheme) => {
    await using origin = originScheme === 'http' ? await plainEcho() : await echo();
    await using proxy = await proxyServer(behaviour);
    await using client = new HttpClient({ tls, proxy: `${scheme}127.0.0.1:${proxy.port}` });
    const body = Buffer.alloc(5_000_000, 'warm and long lines; ');
    const url = `${originScheme}://origin.test:${origin.port}/`;
    const responses = await Promise.all(
      [1, 2, 3].map(() => client.fetch(url, { method: 'POST', body })),
    );
    for (const response of responses) {
      expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), body)).toBe(0);
    }
  });
});

describe('a proxy that wants credentials', () => {
  it('and gets none or wrong ones makes a tunnel fail, and keeps them out of the error', async () => {
    await using origin = await echo();
    await using proxy = await proxyServer({ credentials: 'alice:secret' });
    for (const given of ['', 'mallory:hunter2@']) {
      const url = `http://${given}127.0.0.1:${proxy.port}`;
      await using client = new HttpClient({ tls, proxy: url });
      const error = await rejection(client.request('GET', origin.url('origin.test')));
      expect(error).toMatchObject({
        name: 'WarmlineError',
        code: 'WARMLINE_PROXY_AUTH',
        phase: 'connect',
        origin: `https://origin.test:${origin.port}`,
        retryable: true,
        bytesSent: 0,
      });
      expect((error as WarmlineError).message).toContain(`http://127.0.0.1:${proxy.port}`);
      expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|mallory/);
    }
    expect(origin.accepted.length).toBe(0);
  });

  it('answers a request that it should pass on with its own 407', async () => {
    await using proxy = await proxyServer({ credentials: 'alice:secret' });
    await using client = new HttpClient({ proxy: `http://127.0.0.1:${proxy.port}` });
    const response = await client.request('GET', 'http://origin.test/');
    expect([response.status, response.text()]).toEqual([407, 'who are you?']);
  });
});

it('a proxy that cannot reach the origin is told from one that cannot be reached', async () => {
  await using proxy = await proxyServer();
  const port = await refusingPort();
  await using client = new HttpClient({ proxy: `http://127.0.0.1:${proxy.port}` });
  const refused = await rejection(client.request('GET', `https://origin.test:${port}/`));
  expect(refused).toMatchObject({ code: 'UND_ERR_PRX_CONN', phase: 'connect' });
  await using lost = new HttpClient({ proxy: `http://127.0.0.1:${port}`, retry: false });
  const unreachable = await rejection(lost.request('GET', 'https://origin.test/'));
  expect(unreachable).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect' });
});

it('a proxy whose certificate is not trusted is UND_ERR_PRX_TLS', async () => {
  await using proxy = await proxyServer({ identity: proxyIdentity });
  await using client = new HttpClient({ proxy: `https://127.0.0.1:${proxy.port}` });
  const error = await rejection(client.request('GET', 'http://origin.test/'));
  expect(error).toMatchObject({ code: 'UND_ERR_PRX_TLS', phase: 'connect' });
  expect(proxy.asked).toEqual([]);
});

it('a redirect from a plain to an encrypted origin goes from forwarding to a tunnel', async () => {
  await using target = await echo();
  await using origin = await httpServer((_, response) => {
    response.writeHead(307, { location: target.url('origin.test') }).end();
  });
  await using proxy = await proxyServer({ credentials: CREDENTIALS });
  await using client = new HttpClient({
    tls,
    proxy: new URL(`http://${CREDENTIALS}@127.0.0.1:${proxy.port}`),
  });
  const response = await client.fetch(`http://plain.test:${origin.port}/`, {
    method: 'POST',
    body: 'on and on',
  });
  expect(await response.text()).toBe('on and on');
  expect(proxy.asked.map(({ method }) => method)).toEqual(['POST', 'CONNECT']);
});

describe('a SOCKS5 proxy', () => {
  it.each([undefined, CREDENTIALS])(
    'with credentials %s leads to any origin',
    async (credentials) => {
      await using origin = await echo();
      await using plain = await plainEcho();
      await using proxy = await socksServer(credentials);
      const userinfo = credentials === undefined ? '' : `${credentials}@`;
      await using client = new HttpClient({
        tls,
        proxy: `socks5h://${userinfo}127.0.0.1:${proxy.port}`,
      });
      for (const url of [origin.url('origin.test'), `http://plain.test:${plain.port}/`]) {
        const response = await client.request('POST', url, { body: 'through' });
        expect(response.text()).toBe('through');
      }
      expect(proxy.asked).toEqual([`origin.test:${origin.port}`, `plain.test:${plain.port}`]);
    },
  );

  it('that looks no names up is given addresses', async () => {
    await using plain = await plainEcho();
    await using proxy = await socksServer();
    await using client = new HttpClient({ proxy: `socks5://127.0.0.1:${proxy.port}` });
    const url = `http://127.0.0.1:${plain.port}/`;
    expect((await client.request('POST', url, { body: 'through' })).text()).toBe('through');
    expect(proxy.asked).toEqual([`127.0.0.1:${plain.port}`]);
  });

  it('is found, and given the addresses of origins, by the static hosts of the client', async () => {
    await using plain = await plainEcho();
    await using proxy = await socksServer();
    await using client = new HttpClient({
      proxy: `socks5://proxy.test:${proxy.port}`,
      dns: { hosts: { 'proxy.test': '127.0.0.1', 'origin.test': '127.0.0.1' } },
    });
    const url = `http://origin.test:${plain.port}/`;
    expect((await client.request('POST', url, { body: 'through' })).text()).toBe('through');
    expect(proxy.asked).toEqual([`127.0.0.1:${plain.port}`]);
  });

  it.each([
    ['', 'UND_ERR_SOCKS5_AUTH_REJECTED'],
    ['mallory:guess@', 'UND_ERR_SOCKS5_AUTH_FAILED'],
  ])('with other credentials than %j makes the request fail', async (given, code) => {
    await using proxy = await socksServer(CREDENTIALS);
    await using client = new HttpClient({ proxy: `socks5h://${given}127.0.0.1:${proxy.port}` });
    const error = await rejection(client.request('GET', 'http://origin.test/'));
    expect(error).toMatchObject({ code, phase: 'connect', retryable: true });
    expect(String(error)).not.toMatch(/guess|mallory/);
  });
});

describe('the environment', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmline-proxy-'));
    await writeFile(join(folder, 'ca.pem'), authority.cert);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What fetch comes to in a process with these variables. */
  async function fetchUnder(env: Record<string, string>, url: string): Promise<unknown> {
    const bare = Object.fromEntries(
      ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
        [name, ''],
        [name.toUpperCase(), ''],
      ]),
    );
    const certificates = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
    await using program = runProgram('fetch-each', 'warmline', [url], {
      env: { ...bare, ...certificates, ...env },
    });
    return JSON.parse((await program.ended).lines[0] ?? '');
  }

  it.each(['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])(
    'names the proxy of https origins in %s',
    async (name) => {
      await using origin = await httpsServer(originIdentity, (_, response) => response.end('yes'));
      await using proxy = await proxyServer({ credentials: CREDENTIALS });
      const env = { [name]: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}` };
      expect(await fetchUnder(env, origin.url('origin.test'))).toEqual({ text: 'yes' });
      expect(proxy.asked.length).toBe(1);
    },
  );

  it.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])(
    'names the proxy of http origins in %s, with or without a scheme',
    async (name) => {
      await using origin = await httpServer((_, response) => response.end('yes'));
      await using proxy = await proxyServer();
      const url = `http://127.0.0.1:${origin.port}/`;
      for (const scheme of ['', 'http://']) {
        const env = { [name]: `${scheme}127.0.0.1:${proxy.port}` };
        expect(await fetchUnder(env, url)).toEqual({ text: 'yes' });
      }
      expect(proxy.asked.length).toBe(2);
    },
  );

  it.each([
    ['no_proxy', '127.0.0.1'],
    ['NO_PROXY', 'other.test, 127.0.0.0/8'],
    ['NO_PROXY', '*'],
    ['NODE_USE_ENV_PROXY', '0'],
  ])('makes an exception by %s=%s', async (name, value) => {
    await using origin = await httpServer((_, response) => response.end('direct'));
    await using proxy = await proxyServer();
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, [name]: value };
    const url = `http://127.0.0.1:${origin.port}/`;
    expect(await fetchUnder(env, url)).toEqual({ text: 'direct' });
    expect(proxy.asked).toEqual([]);
  });

  it('that names no proxy makes requests fail, rather than go round it', async () => {
    await using origin = await httpServer((_, response) => response.end('direct'));
    const env = { HTTP_PROXY: 'gopher://mallory:hunter2@127.0.0.1' };
    const outcome = await fetchUnder(env, `http://127.0.0.1:${origin.port}/`);
    expect(outcome).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(origin.requestCount).toBe(0);
  });

  it('counts for nothing where a client has a proxy of its own, or proxy: false', async () => {
    await using origin = await httpServer((_, response) => response.end('yes'));
    await using proxy = await proxyServer();
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    try {
      const url = `http://127.0.0.1:${origin.port}/`;
      await using direct = new HttpClient({ proxy: false });
      expect((await direct.request('GET', url)).text()).toBe('yes');
      expect(proxy.asked.length).toBe(0);
      await using own = new HttpClient({ proxy: `http://127.0.0.1:${proxy.port}` });
      expect((await own.request('GET', url)).text()).toBe('yes');
      expect(proxy.asked.length).toBe(1);
      await using client = new HttpClient({ retry: false });
      const error = await rejection(client.request('GET', url));
      expect(error).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect' });
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    }
  });
});
