import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import type { ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { HttpClient, patch, type TlsOptions } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority, type Identity, selfSigned } from '../servers/certificates.js';
import { httpsServer } from '../servers/https.js';

const HOSTS = ['localhost', '127.0.0.1'];
const authority = new CertificateAuthority('Company Root');
const other = new CertificateAuthority('Other Root');

const serve = (identity: Identity, options?: ServerOptions) =>
  httpsServer(identity, (_, response) => response.end('over TLS'), options);

const leaf = (): Identity => authority.issue({ name: 'leaf', hosts: HOSTS });

/** A server that says how it sees each request's connection. */
const describing = (identity: Identity, options?: ServerOptions) =>
  httpsServer(
    identity,
    (request, response) => {
      const socket = request.socket as TLSSocket;
      response.end(
        JSON.stringify({
          caller: socket.getPeerCertificate().subject?.CN ?? null,
          version: socket.getProtocol(),
          resumed: socket.isSessionReused(),
        }),
      );
    },
    options,
  );

const pinOf = ({ key }: Identity): string => {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
};

describe('tls.ca', () => {
  it.each([
    ['a string', authority.cert],
    ['several in one string', other.cert + authority.cert],
    ['an array', [other.cert, authority.cert]],
  ])('as %s is trusted by its client, beside what the system trusts', async (_, ca) => {
    await using server = await serve(authority.issue({ name: 'leaf', hosts: HOSTS }));
    await using client = new HttpClient({ tls: { ca } });
    await client.preconnect(server.url('localhost'), 2);
    const response = await client.request('GET', server.url('localhost'));
    expect(response.text()).toBe('over TLS');
    expect(await (await client.fetch(server.url('localhost'))).text()).toBe('over TLS');
    expect(server.accepted.length).toBe(2);
    const first = await client.request('GET', server.url('127.0.0.1'));
    expect(first.timings.tls).toBeGreaterThan(0);
  });

  it('is trusted by no other client', async () => {
    await using server = await serve(authority.issue({ name: 'leaf', hosts: HOSTS }));
    await using trusting = new HttpClient({ tls: { ca: authority.cert } });
    await using client = new HttpClient();
    await using elsewhere = new HttpClient({ tls: { ca: other.cert } });
    expect((await trusting.request('GET', server.url('localhost'))).status).toBe(200);
    for (const each of [client, elsewhere]) {
      const error = await rejection(each.request('GET', server.url('localhost')));
      expect(error).toMatchObject({
        name: 'WarmlineError',
        code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        phase: 'tls',
        retryable: true,
      });
    }
  });

  it('does not make another name right', async () => {
    await using server = await serve(authority.issue({ name: 'leaf', hosts: ['127.0.0.1'] }));
    await using client = new HttpClient({ tls: { ca: authority.cert } });
    const error = await rejection(client.request('GET', server.url('localhost')));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls' });
    expect((await client.request('GET', server.url('127.0.0.1'))).status).toBe(200);
  });

  it('of a client is that of an SDK that is patched with it', async () => {
    await using server = await serve(authority.issue({ name: 'leaf', hosts: HOSTS }));
    await using client = new HttpClient({ tls: { ca: authority.cert } });
    const sdk: { fetch: (url: string) => Promise<Response> } = { fetch: globalThis.fetch };
    patch(sdk, { client });
    expect(await (await sdk.fetch(server.url('localhost'))).text()).toBe('over TLS');
  });
});

describe('tls.cert and tls.key', () => {
  const caller = other.issue({ name: 'caller' });
  const asking = { requestCert: true, ca: other.cert, rejectUnauthorized: true };
  const encrypted = createPrivateKey(caller.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' })
    .toString();
  const old = createPrivateKey(caller.key).export({ type: 'sec1', format: 'pem' }).toString();

  it.each<[string, TlsOptions]>([
    ['as text', caller],
    ['as bytes', { cert: Buffer.from(caller.cert), key: Buffer.from(caller.key) }],
    ['with a passphrase', { cert: caller.cert, key: encrypted, passphrase: 'sesame' }],
    ['in the older form', { cert: caller.cert, key: old }],
  ])('%s are shown to a server that asks', async (_, tls) => {
    await using server = await describing(leaf(), asking);
    await using client = new HttpClient({ tls: { ca: authority.cert, ...tls } });
    const response = await client.request('GET', server.url('localhost'));
    expect(response.json()).toMatchObject({ caller: 'caller', version: 'TLSv1.3' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'left out where the server insists make the request fail under %s',
    async (maxVersion) => {
      await using server = await describing(leaf(), { ...asking, maxVersion });
      await using client = new HttpClient({ tls: { ca: authority.cert }, retry: false });
      const error = await rejection(client.request('GET', server.url('localhost')));
      expect(error).toMatchObject({ name: 'WarmlineError' });
      expect(['EPROTO', 'ECONNRESET', 'UND_ERR_SOCKET']).toContain(
        (error as { code: string }).code,
      );
    },
  );

  it('do not open with a wrong passphrase, and are not told', () => {
    const tls = { cert: caller.cert, key: encrypted, passphrase: 'abracadabra' };
    const construct = () => new HttpClient({ tls });
    expect(construct).toThrow(/^tls\.key must be a key in PEM form that can be read/);
    expect(construct).not.toThrow(/abracadabra/);
  });
});

describe('tls.minVersion', () => {
  it('is TLS 1.2 unless it says otherwise', async () => {
    await using server = await describing(leaf(), { maxVersion: 'TLSv1.2' });
    await using client = new HttpClient({ tls: { ca: authority.cert } });
    const response = await client.request('GET', server.url('localhost'));
    expect(response.json()).toMatchObject({ version: 'TLSv1.2' });
  });

  it('keeps away from a server that is older', async () => {
    await using server = await describing(leaf(), { maxVersion: 'TLSv1.2' });
    await using client = new HttpClient({ tls: { ca: authority.cert, minVersion: 'TLSv1.3' } });
    const error = await rejection(client.request('GET', server.url('localhost')));
    expect(error).toMatchObject({ code: 'EPROTO', phase: 'tls' });
  });
});

describe('tls.servername', () => {
  it('is asked for and looked for instead of the host', async () => {
    const names: string[] = [];
    const inner = authority.issue({ name: 'inner', hosts: ['inner.test'] });
    await using server = await serve(inner, {
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    });
    await using client = new HttpClient({ tls: { ca: authority.cert, servername: 'inner.test' } });
    expect((await client.request('GET', server.url('127.0.0.1'))).text()).toBe('over TLS');
    expect(names).toEqual(['inner.test']);
  });
});

describe('tls.pins', () => {
  it.each(['sha256/', 'sha256//'])('in the form %s… let the pinned key pass', async (prefix) => {
    const identity = leaf();
    await using server = await serve(identity);
    const pins = [`sha256/${pinOf(leaf())}`, prefix + pinOf(identity)];
    await using client = new HttpClient({ tls: { ca: authority.cert, pins } });
    expect((await client.request('GET', server.url('localhost'))).status).toBe(200);
  });

  it.each([true, false])(
    'refuse every other key with rejectUnauthorized: %s',
    async (rejectUnauthorized) => {
      await using server = await serve(leaf());
      const pins = `sha256/${pinOf(leaf())}`;
      await using client = new HttpClient({
        tls: { ca: authority.cert, pins, rejectUnauthorized },
      });
      const error = await rejection(client.request('GET', server.url('localhost')));
      expect(error).toMatchObject({ code: 'WARMLINE_TLS_PIN', phase: 'tls', retryable: true });
      expect(server.accepted.length).toBe(1);
    },
  );
});

describe('tls.rejectUnauthorized', () => {
  const warnings: { code?: string }[] = [];
  const listen = (warning: Error): void => {
    warnings.push(warning as { code?: string });
  };
  process.on('warning', listen);
  afterAll(() => {
    process.off('warning', listen);
  });

  it('set to false takes any certificate, for its client alone, and is warned about once', async () => {
    await using server = await serve(selfSigned({ name: 'nobody' }));
    for (const _ of [1, 2]) {
      await using client = new HttpClient({ tls: { rejectUnauthorized: false } });
      expect((await client.request('GET', server.url('localhost'))).text()).toBe('over TLS');
    }
    await using client = new HttpClient({ tls: { rejectUnauthorized: true } });
    const error = await rejection(client.request('GET', server.url('localhost')));
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const codes = warnings.map(({ code }) => code);
    expect(codes.filter((code) => code === 'WARMLINE_TLS_UNVERIFIED').length).toBe(1);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('under %s', (maxVersion) => {
  it('the second connection resumes the session of the first', async () => {
    await using server = await describing(leaf(), { maxVersion });
    await using client = new HttpClient({ tls: { ca: authority.cert } });
    const seen: unknown[] = [];
    for (const _ of [1, 2, 3]) {
      const headers = { connection: 'close' };
      const response = await client.request('GET', server.url('localhost'), { headers });
      seen.push(response.json());
    }
    expect(seen).toMatchObject([{ resumed: false }, { resumed: true }, { resumed: true }]);
    expect(server.accepted.length).toBe(3);
  });

  it('a connection that the server closes while idle is not used again', async () => {
    await using server = await serve(leaf(), { maxVersion });
    await using client = new HttpClient({ tls: { ca: authority.cert } });
    for (let round = 0; round < 20; round += 1) {
      const response = await client.request('POST', server.url('localhost'), { body: 'once' });
      expect(response.text()).toBe('over TLS');
      const socket = await server.connection(round);
      // Says goodbye in TLS first, as servers do whose keep-alive time is over.
      socket.end();
      await once(socket, 'finish');
    }
    expect(server.accepted.length).toBe(20);
  });
});
