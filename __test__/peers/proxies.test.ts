import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { httpServer } from '../servers/http.js';
import { httpsServer } from '../servers/https.js';
import { refusingOrigin } from '../servers/refusing.js';
import { describeWith, type Peer, startPeer } from './peer.js';

const authority = new CertificateAuthority('Company Root');
const identity = authority.issue({ name: 'origin', hosts: ['127.0.0.1', 'localhost'] });
const tls = { ca: authority.cert };
const USER = 'alice';
const PASSWORD = 'open-sesame';
const CREDENTIALS = `${USER}:${PASSWORD}`;

const encrypted = () => httpsServer(identity, (request, response) => request.pipe(response));
const plain = () => httpServer((request, response) => request.pipe(response));

const tinyproxy = (extra = ''): Promise<Peer> =>
  startPeer({
    program: 'tinyproxy',
    args: () => ['-d', '-c', 'tinyproxy.conf'],
    files: (port) => ({
      'tinyproxy.conf': `Port ${port}\nListen 127.0.0.1\nMaxClients 50\nTimeout 60\n${extra}\n`,
    }),
  });

const microsocks = (...extra: string[]): Promise<Peer> =>
  startPeer({
    program: 'microsocks',
    args: (port) => ['-i', '127.0.0.1', '-p', String(port), ...extra],
  });

/** Megabytes through each kind of origin, several at a time. */
async function carries(proxy: string): Promise<void> {
  await using secret = await encrypted();
  await using open = await plain();
  await using client = new HttpClient({ tls, proxy });
  const body = Buffer.alloc(2_000_000, 'warm and long lines; ');
  const urls = [secret.url('127.0.0.1'), `${open.origin}/`, secret.url('127.0.0.1')];
  for (let round = 0; round < 2; round++) {
    const responses = urls.map((url) => client.fetch(url, { method: 'POST', body }));
    for (const response of await Promise.all(responses)) {
      expect(response.status).toBe(200);
      expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), body)).toBe(0);
    }
  }
  // Tunnels are used again.
  expect(secret.accepted.length).toBe(2);
}

describeWith('tinyproxy', () => {
  it('carries requests to plain and encrypted origins', async () => {
    await using peer = await tinyproxy();
    await carries(`http://127.0.0.1:${peer.port}`);
  });

  it('with basic authentication does so for those whom it knows', async () => {
    await using peer = await tinyproxy(`BasicAuth ${USER} ${PASSWORD}`);
    await carries(`http://${CREDENTIALS}@127.0.0.1:${peer.port}`);
  });

  it.each(['', 'mallory:hunter2@'])('with basic authentication refuses %j', async (given) => {
    await using peer = await tinyproxy(`BasicAuth ${USER} ${PASSWORD}`);
    await using secret = await encrypted();
    await using open = await plain();
    await using client = new HttpClient({ tls, proxy: `http://${given}127.0.0.1:${peer.port}` });
    const error = await rejection(client.request('GET', secret.url('127.0.0.1')));
    expect(error).toMatchObject({ code: 'WARMLINE_PROXY_AUTH', phase: 'connect' });
    expect(String(error)).not.toMatch(/hunter2/);
    // To wrong credentials, its answer is the one of an origin.
    const { status } = await client.request('GET', `${open.origin}/`);
    expect(status).toBe(given === '' ? 407 : 401);
    expect([secret.accepted.length, open.accepted.length]).toEqual([0, 0]);
  });

  it('that lets nobody connect to a port refuses the tunnel', async () => {
    await using peer = await tinyproxy('ConnectPort 1');
    await using secret = await encrypted();
    await using client = new HttpClient({ tls, proxy: `http://127.0.0.1:${peer.port}` });
    const error = await rejection(client.request('GET', secret.url('127.0.0.1')));
    expect(error).toMatchObject({ code: 'UND_ERR_PRX_CONN', phase: 'connect' });
    expect(String(error)).toContain('403');
  });
});

describeWith('microsocks', () => {
  describe.each(['socks5', 'socks5h'])('by %s', (scheme) => {
    it('carries requests to plain and encrypted origins', async () => {
      await using peer = await microsocks();
      await carries(`${scheme}://127.0.0.1:${peer.port}`);
    });

    it('with a password does so for those who know it', async () => {
      await using peer = await microsocks('-u', USER, '-P', PASSWORD);
      await carries(`${scheme}://${CREDENTIALS}@127.0.0.1:${peer.port}`);
    });

    it('is given names or addresses', async () => {
      await using peer = await microsocks();
      await using secret = await encrypted();
      await using client = new HttpClient({ tls, proxy: `${scheme}://127.0.0.1:${peer.port}` });
      const response = await client.request('POST', secret.url('localhost'), { body: 'named' });
      expect(response.text()).toBe('named');
    });
  });

  it.each([
    ['', 'UND_ERR_SOCKS5_AUTH_REJECTED'],
    ['mallory:guess@', 'UND_ERR_SOCKS5_AUTH_FAILED'],
  ])('with a password refuses %j', async (given, code) => {
    await using peer = await microsocks('-u', USER, '-P', PASSWORD);
    await using client = new HttpClient({ proxy: `socks5h://${given}127.0.0.1:${peer.port}` });
    const error = await rejection(client.request('GET', 'http://127.0.0.1/'));
    expect(error).toMatchObject({ code, phase: 'connect', retryable: true });
    expect(String(error)).not.toMatch(/guess|mallory/);
  });

  it('tells why it could not connect', async () => {
    await using peer = await microsocks();
    await using client = new HttpClient({ proxy: `socks5h://127.0.0.1:${peer.port}` });
    const error = await rejection(client.request('GET', await refusingOrigin()));
    expect(error).toMatchObject({ code: 'UND_ERR_SOCKS5_REPLY_5', phase: 'connect' });
  });
});
