import { describe, expect, it } from 'vitest';
import { HttpClient, patch } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority, type selfSigned } from '../servers/certificates.js';
import { httpsServer } from '../servers/https.js';

const HOSTS = ['localhost', '127.0.0.1'];
const authority = new CertificateAuthority('Company Root');
const other = new CertificateAuthority('Other Root');

const serve = (identity: ReturnType<typeof selfSigned>) =>
  httpsServer(identity, (_, response) => response.end('over TLS'));

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
