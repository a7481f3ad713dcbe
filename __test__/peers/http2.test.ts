import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { CertificateAuthority } from '../servers/certificates.js';
import { run } from '../workers/program.js';
import { nghttpd } from './nghttpd.js';
import { nginx } from './nginx.js';
import { describeWith } from './peer.js';

const authority = new CertificateAuthority('Root');
const identity = authority.issue({ name: 'leaf', hosts: ['localhost'] });
const tls = { ca: authority.cert };

/** Sends so many POSTs, a hundred at a time; what each was answered. */
async function post(client: HttpClient, url: string, count: number): Promise<string[]> {
  const answers: string[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    while (next < count) {
      const number = next++;
      const response = await client.request('POST', url, { body: String(number) });
      expect(response.status).toBe(200);
      expect(response.connection.protocol).toBe('h2');
      answers[number] = response.text();
    }
  }
  await Promise.all(Array.from({ length: 100 }, worker));
  return answers;
}

describeWith('nginx', () => {
  it('carries a hundred POSTs at once on one connection', async () => {
    await using server = await nginx({
      identity,
      http2: true,
      server: `keepalive_requests 100000;
        location / { return 200 "$connection $server_protocol"; }`,
    });
    await using client = new HttpClient({ tls });
    const answers = await post(client, `https://localhost:${server.port}/`, 2000);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/ HTTP\/2\.0$/);
  });

  it('gets one connection from all threads of a process, and keeps it when some of them end', async () => {
    await using server = await nginx({
      identity,
      http2: true,
      server: `location / { return 200 "$connection $server_protocol"; }
        location = /status { stub_status; }`,
    });
    const ca = join(server.folder, 'authority.pem');
    await writeFile(ca, authority.cert);
    const { lines, ...ending } = await run(
      'shared-session.mjs',
      [`https://localhost:${server.port}`],
      [],
      { NODE_EXTRA_CA_CERTS: ca },
    );
    expect(ending).toEqual({ code: 0, signal: null, stderr: '' });
    const { answers, status } = JSON.parse(lines[0] ?? '');
    expect(answers).toEqual([expect.stringMatching(/ HTTP\/2\.0$/)]);
    // The other one looked whether nginx had started.
    const [, accepted] = /^ (\d+) \d+ \d+/m.exec(status) ?? [];
    expect(accepted).toBe('2');
  });

  it('that goes away again and again loses no request', async () => {
    await using server = await nginx({
      identity,
      http2: true,
      server: 'keepalive_requests 150; location / { return 200 "$connection"; }',
    });
    await using client = new HttpClient({ tls });
    const answers = await post(client, `https://localhost:${server.port}/`, 2000);
    expect(answers.length).toBe(2000);
    // Each connection answers as many as it may.
    expect(new Set(answers).size).toBeGreaterThanOrEqual(Math.ceil(2000 / 150));
  });
});

describeWith('nghttpd', () => {
  it.each([
    ['with TLS', identity, { tls }],
    ['by prior knowledge', undefined, { http2: 'prior-knowledge' }],
  ] as const)('%s answers each of a thousand requests with its own body', async (_, shown, how) => {
    await using server = await nghttpd(shown);
    await using client = new HttpClient(how);
    const scheme = 'tls' in how ? 'https' : 'http';
    const answers = await post(client, `${scheme}://localhost:${server.port}/`, 1000);
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, number) => String(number)));
    expect(client.getPoolMetrics().connectionsCreatedTotal).toBe(1);
  });

  it('that allows ten streams gets no more on a connection', async () => {
    await using server = await nghttpd(identity, ['-m', '10']);
    await using client = new HttpClient({ tls, maxConnections: 4 });
    const answers = await post(client, `https://localhost:${server.port}/`, 1000);
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, number) => String(number)));
    expect(client.getPoolMetrics().connectionsCreatedTotal).toBe(4);
  });
});
