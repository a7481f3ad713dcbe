import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HttpClient, type HttpClientOptions } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { httpServer } from '../servers/http.js';
import { portServer } from '../servers/ports.js';

const hasUnixSockets = process.platform !== 'win32';
const isLinux = process.platform === 'linux';

/** A server on a unix domain socket of its own. */
async function unixServer(server: Server): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'warmline-'));
  const path = join(folder, 'server.sock');
  await once(server.listen(path), 'listening');
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}

describe.runIf(hasUnixSockets)('a socketPath', () => {
  it('is where requests go, whatever their origin, on one connection', async () => {
    const sockets = new Set<Socket>();
    const seen: string[] = [];
    await using server = await unixServer(
      createServer((request, response) => {
        sockets.add(request.socket);
        seen.push(`${request.method} ${request.headers.host}${request.url}`);
        request.pipe(response);
      }),
    );
    await using client = new HttpClient({ socketPath: server.path });
    for (const body of ['one', 'two']) {
      const url = 'http://model.invalid:8080/v1?a=b';
      expect((await client.request('POST', url, { body })).text()).toBe(body);
    }
    const large = Buffer.alloc(3_000_000, 'warm');
    const response = await client.fetch('http://model.invalid:8080/', {
      method: 'POST',
      body: large,
    });
    expect(Buffer.compare(large, Buffer.from(await response.arrayBuffer()))).toBe(0);
    expect(seen).toEqual([
      'POST model.invalid:8080/v1?a=b',
      'POST model.invalid:8080/v1?a=b',
      'POST model.invalid:8080/',
    ]);
    expect(sockets.size).toBe(1);
  });

  it("may lead to a server that speaks TLS, whose certificate is the origin's", async () => {
    const authority = new CertificateAuthority('Company Root');
    const identity = authority.issue({ name: 'model', hosts: ['model.invalid'] });
    await using server = await unixServer(
      createTlsServer({ ...identity }, (_, response) => response.end('encrypted')),
    );
    await using client = new HttpClient({ socketPath: server.path, tls: { ca: authority.cert } });
    const response = await client.request('GET', 'https://model.invalid/');
    expect(response.text()).toBe('encrypted');
  });

  it('keeps clients apart from those without', async () => {
    await using server = await unixServer(createServer((_, response) => response.end('unix')));
    await using other = await httpServer((_, response) => response.end('tcp'));
    await using unix = new HttpClient({ socketPath: server.path, proxy: false });
    await using tcp = new HttpClient();
    for (const [client, answer] of [
      [unix, 'unix'],
      [tcp, 'tcp'],
      [unix, 'unix'],
    ] as const) {
      expect((await client.request('GET', other.origin)).text()).toBe(answer);
    }
  });

  it('where nobody listens is an error of connecting', async () => {
    await using client = new HttpClient({ socketPath: '/nowhere/server.sock' });
    const error = await rejection(client.request('GET', 'http://model.invalid/'));
    expect(error).toMatchObject({ code: 'ENOENT', phase: 'connect', retryable: true });
    expect(String(error)).toContain('/nowhere/server.sock');
  });
});

describe.runIf(isLinux)('a localAddress', () => {
  it('is what the server sees', async () => {
    await using server = await httpServer((request, response) => {
      response.end(request.socket.remoteAddress);
    });
    await using client = new HttpClient({ localAddress: '127.0.0.42' });
    expect((await client.request('GET', server.origin)).text()).toBe('127.0.0.42');
  });

  it('of another family or machine is an error', async () => {
    await using server = await portServer();
    for (const localAddress of ['::1', '192.0.2.1']) {
      await using client = new HttpClient({ localAddress });
      const error = await rejection(client.request('GET', server.origin));
      expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', phase: 'connect' });
    }
    expect(server.accepted.length).toBe(0);
  });
});

describe('an IPv6 address', () => {
  it('is connected to, and named in the host header with its brackets', async () => {
    const server = createServer((request, response) => response.end(request.headers.host));
    await once(server.listen(0, '::1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await using client = new HttpClient();
    const response = await client.request('GET', `http://[::1]:${port}/`);
    expect(response.text()).toBe(`[::1]:${port}`);
    server.close();
  });

  it('with a zone is no URL', async () => {
    await using client = new HttpClient();
    for (const url of ['http://[fe80::1%25eth0]/', 'http://[fe80::1%eth0]/']) {
      const error = await rejection(client.request('GET', url));
      expect(error).toMatchObject({
        code: 'ERR_INVALID_URL',
        message: 'Invalid URL: an IPv6 address with a zone (such as %eth0) is not supported',
      });
    }
  });
});

/** The kernel's timer of an open connection between these ports: its kind, and when it fires in hundredths of a second. */
async function timer(local: number, remote: number): Promise<{ kind: number; after: number }> {
  const ESTABLISHED = '01';
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const table = await readFile('/proc/net/tcp', 'ascii');
  for (const line of table.split('\n')) {
    const [, ours = '', theirs = '', state, , timer = ''] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || !ours.endsWith(hex(local)) || !theirs.endsWith(hex(remote))) {
      continue;
    }
    const [kind = '', after = ''] = timer.split(':');
    return { kind: Number.parseInt(kind, 16), after: Number.parseInt(after, 16) };
  }
  return expect.unreachable('the connection is open');
}

describe.runIf(isLinux)('TCP keepalive', () => {
  const KEEPALIVE = 2;
  it.each<[string, HttpClientOptions, number | undefined]>([
    ['after 45 s by default', {}, 45],
    ['as soon as asked for', { tcpKeepalive: 7000 }, 7],
    ['never', { tcpKeepalive: false }, undefined],
  ])('probes silent connections %s', async (_, options, seconds) => {
    await using server = await portServer();
    await using client = new HttpClient(options);
    const port = Number((await client.request('GET', server.origin)).text());
    const { kind, after } = await timer(port, server.port);
    if (seconds === undefined) {
      expect(kind).not.toBe(KEEPALIVE);
    } else {
      expect(kind).toBe(KEEPALIVE);
      expect(after).toBeGreaterThan((seconds - 5) * 100);
      expect(after).toBeLessThanOrEqual(seconds * 100);
    }
  });
});
