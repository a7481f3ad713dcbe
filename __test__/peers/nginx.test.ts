import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpClient, type TlsOptions } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { type NginxSite, nginx } from './nginx.js';
import { describeWith, type Peer } from './peer.js';

const authority = new CertificateAuthority('Company Root');
const identity = authority.issue({ name: 'origin', hosts: ['127.0.0.1', 'origin.test'] });
const caller = authority.issue({ name: 'caller' });

const LOOK_MS = 5;

/** Tests with one nginx, which runs while they do. */
function withSite(site: NginxSite, tests: (peer: () => Peer) => void): void {
  let peer: Peer | undefined;
  beforeAll(async () => {
    peer = await nginx(site);
  });
  afterAll(() => peer?.[Symbol.asyncDispose]());
  tests(() => peer as Peer);
}

describeWith('nginx', () => {
  describe.each(['TLSv1.2', 'TLSv1.3'])('that speaks %s alone', (version) => {
    const site = {
      identity,
      server: `
        ssl_protocols ${version};
        ssl_session_cache shared:sessions:1m;
        location / { return 200 "$ssl_protocol $ssl_session_reused $ssl_server_name $connection"; }
      `,
    };
    withSite(site, (peer) => {
      const client = (options: TlsOptions = {}): HttpClient =>
        // Nothing is kept: each request has a connection and a handshake of its own.
        new HttpClient({ maxKeepaliveConnections: 0, tls: { ca: authority.cert, ...options } });

      it('is spoken to, and its sessions are resumed', async () => {
        await using resuming = client();
        const seen: string[] = [];
        for (let request = 0; request < 4; request++) {
          const response = await resuming.request('GET', `https://127.0.0.1:${peer().port}/`);
          seen.push(response.text().split(' ', 2).join(' '));
        }
        expect(seen).toEqual([`${version} .`, ...Array(3).fill(`${version} r`)]);
      });

      it('is told the name that is asked for', async () => {
        await using naming = client({ servername: 'origin.test' });
        const response = await naming.request('GET', `https://127.0.0.1:${peer().port}/`);
        expect(response.text()).toContain(' origin.test ');
      });

      it('is left alone by a client that wants a newer version', async () => {
        await using strict = client({ minVersion: 'TLSv1.3' });
        const asking = strict.request('GET', `https://127.0.0.1:${peer().port}/`);
        if (version === 'TLSv1.3') {
          expect((await asking).status).toBe(200);
        } else {
          expect(await rejection(asking)).toMatchObject({ code: 'EPROTO', phase: 'tls' });
        }
      });
    });
  });

  describe('that asks who is calling', () => {
    const site = {
      identity,
      callers: authority.cert,
      server: `
        ssl_verify_client on;
        location / { return 200 "$ssl_client_verify $ssl_client_s_dn"; }
      `,
    };
    withSite(site, (peer) => {
      it('is shown the certificate', async () => {
        await using client = new HttpClient({ tls: { ca: authority.cert, ...caller } });
        const response = await client.request('GET', `https://127.0.0.1:${peer().port}/`);
        expect(response.text()).toBe('SUCCESS CN=caller');
      });

      it('answers 400 to those without, and to those whom it does not know', async () => {
        const stranger = new CertificateAuthority('Other Root').issue({ name: 'stranger' });
        for (const shown of [{}, stranger]) {
          await using client = new HttpClient({ tls: { ca: authority.cert, ...shown } });
          const response = await client.request('GET', `https://127.0.0.1:${peer().port}/`);
          expect(response.status).toBe(400);
        }
      });
    });
  });

  describe('that ends connections', () => {
    const site = {
      server: `
        keepalive_requests 3;
        location / { return 200 $connection; }
        location /idle { keepalive_timeout 20ms; return 200 $connection; }
      `,
    };
    withSite(site, (peer) => {
      it('after some requests, is asked on the next one', async () => {
        await using client = new HttpClient();
        const connections: string[] = [];
        for (let request = 0; request < 9; request++) {
          const response = await client.request('GET', `http://127.0.0.1:${peer().port}/`);
          connections.push(response.text());
        }
        const [a, , , b, , , c] = connections;
        expect(connections).toEqual([a, a, a, b, b, b, c, c, c]);
        expect(new Set(connections).size).toBe(3);
      });

      it('while they are idle, is not asked on one of these', async () => {
        await using client = new HttpClient();
        const url = `http://127.0.0.1:${peer().port}/idle`;
        const first = await client.request('GET', url);
        while (client.getPoolMetrics().connectionsIdle > 0) await new Promise(setImmediate);
        const second = await client.request('GET', url);
        expect(second.status).toBe(200);
        expect(second.text()).not.toBe(first.text());
        expect(second.connection.attempt).toBe(1);
      });
    });
  });

  describe('that keeps idle connections for a time that it does not tell', () => {
    const keeps = 1500;
    const site = {
      server: `keepalive_timeout ${keeps}ms; location / { return 200 $connection; }`,
    };
    withSite(site, (peer) => {
      it('is found out about: its connections are given up before it closes them', async () => {
        await using client = new HttpClient();
        const url = `http://127.0.0.1:${peer().port}/`;
        let [idleFor, periods] = [0, 0];
        // The first periods are nginx's to end, and so may be some more: a client looks once a second.
        do {
          expect((await client.request('GET', url)).connection.attempt).toBe(1);
          const start = performance.now();
          while (client.getPoolMetrics().connectionsIdle > 0) await setTimeout(LOOK_MS);
          idleFor = performance.now() - start;
          periods += 1;
        } while (idleFor >= keeps - 100);
        expect(periods).toBeGreaterThan(3);
      }, 60_000);
    });
  });

  describe('on a unix domain socket', () => {
    withSite({ server: 'location / { return 200 "$host $connection"; }' }, (peer) => {
      it('is asked on one connection', async () => {
        const socketPath = join(peer().folder, 'unix.sock');
        await using client = new HttpClient({ socketPath });
        const first = await client.request('GET', 'http://model.invalid/');
        const second = await client.request('GET', 'http://model.invalid/');
        expect(first.text()).toMatch(/^model\.invalid \d+$/);
        expect(second.text()).toBe(first.text());
      });
    });
  });
});
