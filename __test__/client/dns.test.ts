import { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type DnsOptions, HttpClient, type LookupFunction, type WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { httpsServer } from '../servers/https.js';
import { portServer } from '../servers/ports.js';
import { refusingPort } from '../servers/refusing.js';

/** A client that keeps no connection, so that each request looks the name up. */
const clientWith = (dns: DnsOptions): HttpClient =>
  new HttpClient({ dns, maxKeepaliveConnections: 0, proxy: false, retry: false });

/** The error of a request for `http://a.test`. */
async function failure(dns: DnsOptions): Promise<WarmlineError> {
  await using client = clientWith(dns);
  return (await rejection(client.request('GET', 'http://a.test/'))) as WarmlineError;
}

describe('static hosts', () => {
  it('need no look-up, in whatever case they are named', async () => {
    await using server = await portServer();
    await using client = clientWith({
      hosts: { 'API.example.com': '127.0.0.1', 'bücher.example': ['127.0.0.1'] },
      lookup: (name) => expect.unreachable(name),
    });
    for (const host of ['api.example.com', 'Api.Example.Com', 'bücher.example']) {
      const { status } = await client.request('GET', `http://${host}:${server.port}/`);
      expect(status).toBe(200);
    }
    expect(server.requestCount).toBe(3);
  });

  it('are checked by their own names in TLS', async () => {
    const authority = new CertificateAuthority('Company Root');
    const identity = authority.issue({ name: 'origin', hosts: ['origin.test'] });
    await using server = await httpsServer(identity, (_, response) => response.end('ok'));
    await using client = new HttpClient({
      tls: { ca: authority.cert },
      dns: { hosts: { 'origin.test': '127.0.0.1', 'other.test': '127.0.0.1' } },
    });
    const response = await client.request('GET', server.url('origin.test'));
    expect(response.text()).toBe('ok');
    const error = await rejection(client.request('GET', server.url('other.test')));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls' });
  });
});

describe('a lookup function', () => {
  const ANSWERS: [name: string, answer: LookupFunction][] = [
    ['one address', (_, __, callback) => callback(null, '127.0.0.1', 4)],
    ['addresses', (_, __, callback) => callback(null, ['127.0.0.1'])],
    ['objects', (_, __, callback) => callback(null, [{ address: '127.0.0.1', ttl: 60 }])],
    ['later', (_, __, callback) => void setImmediate(callback, null, '127.0.0.1')],
    [
      'twice',
      (_, __, callback) => {
        callback(null, '127.0.0.1');
        callback(new Error('of which only the first counts'));
      },
    ],
  ];
  it.each(ANSWERS)('that answers with %s is asked once for a name', async (_, answer) => {
    await using server = await portServer();
    const asked: unknown[] = [];
    await using client = clientWith({
      lookup(name, options, callback) {
        asked.push([name, options]);
        answer(name, options, callback);
      },
    });
    const url = `http://a.test:${server.port}/`;
    await Promise.all([1, 2, 3].map(() => client.request('GET', url)));
    await client.request('GET', url);
    expect(server.requestCount).toBe(4);
    expect(asked).toEqual([['a.test', { all: true, family: 0, hints: 0, order: 'verbatim' }]]);
  });

  it("may be Node's own", async () => {
    await using server = await portServer();
    await using client = clientWith({ lookup });
    const { status } = await client.request('GET', `http://localhost:${server.port}/`);
    expect(status).toBe(200);
  });

  it('is not asked for an address', async () => {
    await using server = await portServer();
    await using client = clientWith({ lookup: (name) => expect.unreachable(name) });
    expect((await client.request('GET', `${server.origin}/`)).status).toBe(200);
  });

  const coded = (code: string): Error => Object.assign(new Error(`no luck: ${code}`), { code });
  const FAILURES: [name: string, code: string, answer: LookupFunction][] = [
    ['a code', 'ENOTFOUND', (_, __, callback) => callback(coded('ENOTFOUND'))],
    ['a code of c-ares', 'ETIMEOUT', (_, __, callback) => callback(coded('ETIMEOUT'))],
    ['no code', 'WARMLINE_LOOKUP', (_, __, callback) => callback(new Error('no luck'))],
    [
      'what it throws',
      'EAI_AGAIN',
      () => {
        throw coded('EAI_AGAIN');
      },
    ],
    ['no address', 'ENOTFOUND', (_, __, callback) => callback(null, [])],
    ['nothing', 'ENOTFOUND', (_, __, callback) => callback(null)],
    ['a name', 'ERR_INVALID_IP_ADDRESS', (_, __, callback) => callback(null, 'b.test')],
    [
      'neither text nor object',
      'ERR_INVALID_IP_ADDRESS',
      (_, __, callback) => callback(null, [5 as unknown as string]),
    ],
  ];
  it.each(FAILURES)('that answers with %s makes the request fail', async (_, code, answer) => {
    expect(await failure({ lookup: answer })).toMatchObject({
      code,
      phase: 'dns',
      origin: 'http://a.test',
      retryable: true,
    });
  });

  it('that never answers is ended by the connect timeout', async () => {
    await using client = new HttpClient({ dns: { lookup: () => {} }, connectTimeout: 50 });
    const error = await rejection(client.request('GET', 'http://a.test/'));
    expect(error).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', phase: 'dns' });
  });

  it('is asked again at once where nothing is to be kept', async () => {
    await using server = await portServer();
    let asked = 0;
    await using client = clientWith({
      ttl: 0,
      lookup(_, __, callback) {
        asked += 1;
        callback(null, '127.0.0.1');
      },
    });
    for (let request = 0; request < 3; request++) {
      await client.request('GET', `http://a.test:${server.port}/`);
    }
    expect(asked).toBe(3);
  });

  it('is not asked again for a name that does not exist', async () => {
    let asked = 0;
    await using client = clientWith({
      negativeTtl: 60_000,
      lookup(_, __, callback) {
        asked += 1;
        callback(coded('ENOTFOUND'));
      },
    });
    for (let request = 0; request < 3; request++) {
      const error = await rejection(client.request('GET', 'http://a.test/', { retry: false }));
      expect(error).toMatchObject({ code: 'ENOTFOUND' });
    }
    expect(asked).toBe(1);
  });

  it('refreshes an answer beside its use', async () => {
    await using server = await portServer();
    let asked = 0;
    await using client = clientWith({
      lookup(_, __, callback) {
        asked += 1;
        // Good for a millisecond, and the second question gets no answer.
        if (asked === 1) callback(null, [{ address: '127.0.0.1', ttl: 0.001 }]);
      },
    });
    const url = `http://a.test:${server.port}/`;
    while (asked < 2) await client.request('GET', url);
    expect((await client.request('GET', url)).status).toBe(200);
    expect(asked).toBe(2);
  });
});

describe('a host none of whose addresses answers', () => {
  it('fails with an error for each', async () => {
    const port = await refusingPort();
    await using client = clientWith({ hosts: { 'a.test': ['127.0.0.1', '::1'] } });
    const error = await rejection(client.request('GET', `http://a.test:${port}/`));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect', retryable: true });
    const { cause } = error as { cause: AggregateError };
    expect(cause).toBeInstanceOf(AggregateError);
    expect(cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(cause.errors).toEqual([
      expect.objectContaining({
        message: `connect ECONNREFUSED 127.0.0.1:${port}`,
        code: 'ECONNREFUSED',
        syscall: 'connect',
        address: '127.0.0.1',
        port,
      }),
      expect.objectContaining({
        message: `connect ECONNREFUSED [::1]:${port}`,
        code: 'ECONNREFUSED',
        syscall: 'connect',
        address: '::1',
        port,
      }),
    ]);
  });
});

// Elsewhere, 127.0.0.1 is the only address of the loopback interface.
it.runIf(process.platform === 'linux')('the addresses of a name are taken by turns', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  const server = createServer((request, response) => response.end(request.socket.localAddress));
  await once(server.listen(0, '0.0.0.0'), 'listening');
  const { port } = server.address() as AddressInfo;
  await using client = clientWith({ hosts: { 'a.test': addresses } });
  const reached: string[] = [];
  for (let request = 0; request < 6; request++) {
    reached.push((await client.request('GET', `http://a.test:${port}/`)).text());
  }
  expect(reached).toEqual([...addresses, ...addresses]);
  server.close();
});
