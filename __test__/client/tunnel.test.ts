import { connect, type Socket } from 'node:net';
import { duplexPair, pipeline } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ConnectFunction, createTunnel, HttpClient } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { Changes } from '../servers/changes.js';
import { httpsServer } from '../servers/https.js';
import { portServer } from '../servers/ports.js';
import { refusingOrigin } from '../servers/refusing.js';
import { run } from '../workers/program.js';

const once = { retry: false, circuitBreaker: false } as const;

/** All names are this machine's. */
const here: ConnectFunction = (_, port) => connect(port, '127.0.0.1');

describe('a tunnel', () => {
  it('has connections opened by a function, which the client pools', async () => {
    await using server = await portServer();
    const asked: string[] = [];
    await using tunnel = await createTunnel((host, port) => {
      asked.push(`${host}:${port}`);
      return here(host, port);
    });
    await using client = new HttpClient({ proxy: tunnel.proxy });
    const ports = [];
    for (let number = 0; number < 3; number++) {
      ports.push((await client.request('GET', `http://some.test:${server.port}`)).text());
    }
    expect(asked).toEqual([`some.test:${server.port}`]);
    expect(new Set(ports).size).toBe(1);
    expect(client.getPoolMetrics().connectionsIdle).toBe(1);
  });

  it('takes any duplex stream, also from a promise, and TLS is between the engine and the server', async () => {
    const authority = new CertificateAuthority('authority');
    const identity = authority.issue({ name: 'leaf', hosts: ['some.test'] });
    await using server = await httpsServer(identity, (request, response) => {
      request.pipe(response);
    });
    await using tunnel = await createTunnel(async (_, port) => {
      const [near, far] = duplexPair();
      const socket = connect(port, '127.0.0.1');
      pipeline(far, socket, far, () => {});
      return near;
    });
    await using client = new HttpClient({ proxy: tunnel.proxy, tls: { ca: authority.cert } });
    const body = 'x'.repeat(1_000_000);
    const response = await client.request('POST', server.url('some.test'), { body });
    expect(response.text()).toBe(body);
  });

  it('fails as the function does', async () => {
    const refusing = await refusingOrigin();
    await using tunnel = await createTunnel((host, port) => {
      if (host === 'broken.test') throw new Error('no way there');
      return connect(port, host);
    });
    await using client = new HttpClient({ ...once, proxy: tunnel.proxy });
    for (const [origin, code] of [
      [refusing, 'UND_ERR_SOCKS5_REPLY_5'],
      ['http://broken.test', 'UND_ERR_SOCKS5_REPLY_1'],
    ] as const) {
      expect(await rejection(client.request('GET', origin))).toMatchObject({ code });
    }
  });

  it('closes what the engine has no more use for', async () => {
    await using server = await portServer();
    await using tunnel = await createTunnel(here);
    const client = new HttpClient({ proxy: tunnel.proxy });
    await client.request('GET', server.origin);
    await client.close();
    await server.closed(0);
  });

  it('tells the engine what the other side has closed', async () => {
    await using server = await portServer();
    await using tunnel = await createTunnel(here);
    await using client = new HttpClient({ proxy: tunnel.proxy });
    const one = (await client.request('GET', server.origin)).text();
    server.accepted[0]?.destroy();
    await server.closed(0);
    expect((await client.request('GET', server.origin)).text()).not.toBe(one);
  });

  it('closes what comes too late for whoever asked for it', async () => {
    await using server = await portServer();
    const changes = new Changes();
    let arrive: ((way: Socket) => void) | undefined;
    await using tunnel = await createTunnel(
      () =>
        new Promise<Socket>((resolve) => {
          arrive = resolve;
          changes.change();
        }),
    );
    const client = new HttpClient({ ...once, proxy: tunnel.proxy });
    const request = rejection(client.request('GET', server.origin));
    await changes.untilTrue(() => arrive !== undefined);
    client.destroy();
    expect(await request).toMatchObject({ name: 'AbortError' });
    arrive?.(connect(server.port, '127.0.0.1'));
    await server.closed(0);
  });

  it('opens nothing for whoever does not know its password', async () => {
    let asked = 0;
    await using tunnel = await createTunnel((host, port) => {
      asked += 1;
      return here(host, port);
    });
    const guess = tunnel.proxy.replace(/:[0-9a-f]{64}@/, `:${'0'.repeat(64)}@`);
    expect(guess).not.toBe(tunnel.proxy);
    for (const [proxy, code] of [
      [guess, 'UND_ERR_SOCKS5_AUTH_FAILED'],
      [guess.replace(/\/\/.*@/, '//'), 'UND_ERR_SOCKS5_AUTH_REJECTED'],
    ] as const) {
      await using client = new HttpClient({ ...once, proxy });
      const error = await rejection(client.request('GET', 'http://some.test'));
      expect(error).toMatchObject({ code });
    }
    expect(asked).toBe(0);
  });

  it('that is closed takes its connections with it', async () => {
    await using server = await portServer();
    const tunnel = await createTunnel(here);
    await using client = new HttpClient({ ...once, proxy: tunnel.proxy });
    await client.request('GET', server.origin);
    await Promise.all([tunnel.close(), tunnel.close()]);
    await server.closed(0);
    expect(await rejection(client.request('GET', server.origin))).toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('does not keep the process alive', async () => {
    await using server = await portServer();
    const program = new URL('programs/tunnel.mjs', import.meta.url).href;
    const { code, lines } = await run(program, [server.origin]);
    expect([code, lines.length]).toEqual([0, 1]);
  });

  it('is made of a function', async () => {
    await expect(createTunnel('127.0.0.1' as never)).rejects.toThrow('connect must be a function');
  });
});
