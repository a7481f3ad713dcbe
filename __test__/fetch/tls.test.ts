import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CertificateAuthority,
  daysFromNow,
  type Identity,
  selfSigned,
} from '../servers/certificates.js';
import { httpServer } from '../servers/http.js';
import { type HttpsServer, httpsServer } from '../servers/https.js';
import { scriptedServer } from '../servers/scripted.js';
import { type Implementation, implementations, rejection, typeError } from './implementations.js';
import { runProgram } from './programs/program.js';

const HOSTS = ['localhost', '127.0.0.1'];
const trusted = new CertificateAuthority('Trusted Root');
const intermediate = new CertificateAuthority('Intermediate', trusted);
const unknown = new CertificateAuthority('Unknown Root');

interface Outcome {
  readonly text?: string;
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly phase?: string;
  readonly retryable?: boolean;
  readonly bytesSent?: number;
}

let folder: string;
let extraCertificates: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warmline-tls-'));
  extraCertificates = join(folder, 'ca.pem');
  await writeFile(extraCertificates, trusted.cert);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Fetches each URL in a process that trusts one authority beside the system's, by NODE_EXTRA_CA_CERTS. */
async function fetchEach(name: Implementation['name'], urls: string[]): Promise<Outcome[]> {
  const env = { NODE_EXTRA_CA_CERTS: extraCertificates };
  await using program = runProgram('fetch-each', name, urls, { env });
  const { lines, stderr } = await program.ended;
  expect(stderr).toBe('');
  return lines.map((line) => JSON.parse(line) as Outcome);
}

const serve = (identity: Identity): Promise<HttpsServer> =>
  httpsServer(identity, (_, response) => response.end('over TLS'));

const GOOD: [string, () => Identity][] = [
  ['its root vouches for it', () => trusted.issue({ name: 'leaf', hosts: HOSTS })],
  ['a chain leads to its root', () => intermediate.issue({ name: 'leaf', hosts: HOSTS })],
];

const BAD: [string, string, string, () => Identity][] = [
  [
    'is expired',
    'localhost',
    'CERT_HAS_EXPIRED',
    () =>
      trusted.issue({
        name: 'leaf',
        hosts: HOSTS,
        notBefore: daysFromNow(-20),
        notAfter: daysFromNow(-10),
      }),
  ],
  [
    'is not valid yet',
    'localhost',
    'CERT_NOT_YET_VALID',
    () =>
      trusted.issue({
        name: 'leaf',
        hosts: HOSTS,
        notBefore: daysFromNow(10),
        notAfter: daysFromNow(20),
      }),
  ],
  [
    'is for another name',
    'localhost',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    () => trusted.issue({ name: 'leaf', hosts: ['example.test'] }),
  ],
  [
    'is for another address',
    '127.0.0.1',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    () => trusted.issue({ name: 'leaf', hosts: ['localhost'] }),
  ],
  [
    'is signed by itself',
    'localhost',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    () => selfSigned({ name: 'leaf', hosts: HOSTS }),
  ],
  [
    'is signed by an unknown authority',
    'localhost',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    () => unknown.issue({ name: 'leaf', hosts: HOSTS }),
  ],
  [
    'is signed by an unknown authority that is sent along',
    'localhost',
    'SELF_SIGNED_CERT_IN_CHAIN',
    () => {
      const leaf = unknown.issue({ name: 'leaf', hosts: HOSTS });
      return { ...leaf, cert: leaf.cert + unknown.cert };
    },
  ],
  [
    'lacks the middle of its chain',
    'localhost',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    () => intermediate.issue({ name: 'leaf', hosts: HOSTS }, { alone: true }),
  ],
];

describe.each(implementations)('$name fetch: a certificate', ({ name, fetch }) => {
  it.each(GOOD)('is trusted where %s', async (_, identity) => {
    await using server = await serve(identity());
    const urls = HOSTS.map((host) => server.url(host));
    expect(await fetchEach(name, urls)).toEqual([{ text: 'over TLS' }, { text: 'over TLS' }]);
  });

  it.each(BAD)('that %s is refused', async (_, host, code, identity) => {
    await using server = await serve(identity());
    await using good = await serve(trusted.issue({ name: 'leaf', hosts: HOSTS }));
    const [refused, other] = await fetchEach(name, [server.url(host), good.url(host)]);
    expect(refused).toMatchObject({ name: 'TypeError', message: 'fetch failed', code });
    expect(other).toEqual({ text: 'over TLS' });
    await server.closed(0);
  });

  it('of the test authority is refused where nobody said to trust it', async () => {
    await using server = await serve(trusted.issue({ name: 'leaf', hosts: HOSTS }));
    const error = await typeError(fetch(server.url('localhost')));
    expect(error.message).toBe('fetch failed');
    expect((error.cause as NodeJS.ErrnoException).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});

describe.each(implementations)('$name fetch: where TLS is expected', ({ fetch }) => {
  it('a server without it makes the call fail', async () => {
    await using server = await httpServer((_, response) => response.end('plain'));
    const error = await typeError(fetch(`https://127.0.0.1:${server.port}/`));
    expect(error.message).toBe('fetch failed');
    expect(server.requestCount).toBe(0);
  });

  it('a server that hangs up makes the call fail', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.bytes(1);
      connection.end();
    });
    const error = await typeError(fetch(`https://127.0.0.1:${server.port}/`));
    expect(error.message).toBe('fetch failed');
    await server.connections[0]?.closed;
  });

  it('an abort during the handshake rejects with its reason', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.bytes(1);
    });
    const abort = new AbortController();
    const answered = fetch(`https://127.0.0.1:${server.port}/`, { signal: abort.signal });
    const connection = await server.connection(0);
    await connection.bytes(1);
    const reason = new Error('why');
    abort.abort(reason);
    expect(await rejection(answered)).toBe(reason);
  });
});

describe('warmline fetch: a refused certificate', () => {
  it.each(BAD)(
    'that %s is told in phase tls, before anything is sent',
    async (_, host, code, identity) => {
      await using server = await serve(identity());
      const [refused] = await fetchEach('warmline', [server.url(host)]);
      expect(refused).toMatchObject({ code, phase: 'tls', bytesSent: 0, retryable: true });
    },
  );

  it('plain HTTP instead of TLS is EPROTO in phase tls', async () => {
    await using server = await httpServer((_, response) => response.end('plain'));
    const [refused] = await fetchEach('warmline', [`https://127.0.0.1:${server.port}/`]);
    expect(refused).toMatchObject({ code: 'EPROTO', phase: 'tls' });
  });

  it('a server that hangs up in the handshake is ECONNRESET in phase tls', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.bytes(1);
      connection.end();
    });
    const [refused] = await fetchEach('warmline', [`https://127.0.0.1:${server.port}/`]);
    expect(refused).toMatchObject({ code: 'ECONNRESET', phase: 'tls' });
  });
});

// A network namespace of its own, whose loopback is down, is the one place on a machine without any route.
const NO_NETWORK = ['unshare', '--map-root-user', '--net'];
const canLeaveTheNetwork =
  spawnSync(NO_NETWORK[0] as string, [...NO_NETWORK.slice(1), 'true']).status === 0;

describe.each(implementations)('$name fetch: a machine without a network', ({ name }) => {
  it.runIf(canLeaveTheNetwork)('makes the call fail with ENETUNREACH', async () => {
    const urls = ['http://127.0.0.1:9999/'];
    await using program = runProgram('fetch-each', name, urls, { under: NO_NETWORK });
    const { lines } = await program.ended;
    const outcome = JSON.parse(lines[0] ?? '') as Outcome;
    expect(outcome).toMatchObject({ message: 'fetch failed', code: 'ENETUNREACH' });
    if (name === 'warmline') expect(outcome).toMatchObject({ phase: 'connect', retryable: true });
  });
});

/** What a process comes to that fetches this URL under `env`. */
async function fetchUnder(
  env: Readonly<Record<string, string>>,
  url: string,
  under: readonly string[] = [],
): Promise<Outcome> {
  // What the machine's own settings say is out of the way.
  const bare = { NODE_EXTRA_CA_CERTS: '', ...env };
  await using program = runProgram('fetch-each', 'warmline', [url], { env: bare, under });
  const { lines } = await program.ended;
  return JSON.parse(lines[0] ?? '') as Outcome;
}

describe('warmline fetch: whom to trust instead of the system', () => {
  it('is what SSL_CERT_FILE and SSL_CERT_DIR name', async () => {
    await using server = await serve(trusted.issue({ name: 'leaf', hosts: HOSTS }));
    const url = server.url('localhost');
    const good = { text: 'over TLS' };
    expect(await fetchUnder({ SSL_CERT_FILE: extraCertificates }, url)).toEqual(good);
    expect(await fetchUnder({ SSL_CERT_DIR: folder }, url)).toEqual(good);
    expect(await fetchUnder({ SSL_CERT_DIR: `/nonexistent:${folder}` }, url)).toEqual(good);
  });

  it('is nobody at all where they name nothing', async () => {
    await using server = await serve(trusted.issue({ name: 'leaf', hosts: HOSTS }));
    const env = { SSL_CERT_FILE: join(folder, 'missing.pem'), SSL_CERT_DIR: '' };
    const outcome = await fetchUnder(env, server.url('localhost'));
    expect(outcome).toMatchObject({ code: 'WARMLINE_TRUST_STORE', phase: 'tls' });
  });
});

// A mount namespace of its own, in which the system's certificates are covered by an empty folder.
const NO_STORE = [
  ...['env', '-u', 'SSL_CERT_FILE', '-u', 'SSL_CERT_DIR'],
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  'mount -t tmpfs none /etc/ssl && exec "$@"',
  'sh',
];
const canHideTheStore =
  spawnSync(NO_STORE[0] as string, [...NO_STORE.slice(1), 'test', '!', '-e', '/etc/ssl/certs'])
    .status === 0;

describe('warmline fetch: a system without a trust store', () => {
  it.runIf(canHideTheStore)("trusts Node's own roots", async () => {
    await using server = await serve(trusted.issue({ name: 'leaf', hosts: HOSTS }));
    const outcome = await fetchUnder({}, server.url('localhost'), NO_STORE);
    // There are roots to look among, and the test's own is none of them.
    expect(outcome).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    const extra = { NODE_EXTRA_CA_CERTS: extraCertificates };
    expect(await fetchUnder(extra, server.url('localhost'), NO_STORE)).toEqual({
      text: 'over TLS',
    });
  });
});
