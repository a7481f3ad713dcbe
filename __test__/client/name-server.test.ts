import { Resolver } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { HttpClient, type LookupFunction } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { type DnsServer, dnsServer, type Zone } from '../servers/dns.js';
import { portServer } from '../servers/ports.js';

/** Asks that server alone. */
function lookupBy(server: DnsServer): LookupFunction {
  const resolver = new Resolver();
  resolver.setServers([server.address]);
  return (name, _, callback) => {
    resolver.resolve4(name, { ttl: true }, (error, addresses) => callback(error, addresses));
  };
}

/** A client that keeps no connection, so that each request wants an address. */
const clientOf = (lookup: LookupFunction, more: object = {}): HttpClient =>
  new HttpClient({
    dns: { lookup, ...more },
    maxKeepaliveConnections: 0,
    retry: false,
    circuitBreaker: false,
  });

const HOUR = 3600;

describe('a name server of one’s own', () => {
  it('is asked once for a burst, and for what comes within the time that its answer is good', async () => {
    await using names = await dnsServer({ 'a.test': { addresses: ['127.0.0.1'], ttl: HOUR } });
    await using server = await portServer();
    await using client = clientOf(lookupBy(names));
    const url = `http://a.test:${server.port}/`;
    await Promise.all(Array.from({ length: 20 }, () => client.request('GET', url)));
    for (let request = 0; request < 5; request++) await client.request('GET', url);
    expect(server.accepted.length).toBe(25);
    expect(names.asked).toEqual(['a.test']);
  });

  it('is asked each time for what is good for no time', async () => {
    await using names = await dnsServer({ 'a.test': { addresses: ['127.0.0.1'], ttl: 0 } });
    await using server = await portServer();
    await using client = clientOf(lookupBy(names), { staleTtl: 0 });
    for (let request = 0; request < 3; request++) {
      await client.request('GET', `http://a.test:${server.port}/`);
    }
    expect(names.asked).toEqual(['a.test', 'a.test', 'a.test']);
  });

  it('is asked once for a name that does not exist, which is what the error says', async () => {
    await using names = await dnsServer({});
    await using client = clientOf(lookupBy(names), { negativeTtl: HOUR * 1000 });
    for (let request = 0; request < 3; request++) {
      const error = await rejection(client.request('GET', 'http://gone.test/'));
      expect(error).toMatchObject({ code: 'ENOTFOUND', phase: 'dns', bytesSent: 0 });
    }
    expect(names.asked).toEqual(['gone.test']);
  });

  it('says where a server is that has moved', async () => {
    const zone: { addresses: string[] } & Zone = { addresses: ['127.0.0.9'], ttl: HOUR };
    await using names = await dnsServer({ 'a.test': zone });
    await using server = await portServer();
    // Shorter than what the server says.
    await using client = clientOf(lookupBy(names), { ttl: 1 });
    const url = `http://a.test:${server.port}/`;
    expect(await rejection(client.request('GET', url))).toMatchObject({ code: 'ECONNREFUSED' });
    zone.addresses = ['127.0.0.1'];
    // Once the answer is out of date, the name server is asked beside its use, and what it says then is tried, too.
    let status: number | undefined;
    while (status === undefined) {
      const response = await client.request('GET', url).catch(() => undefined);
      status = response?.status;
    }
    expect(status).toBe(200);
    expect(names.asked).toEqual(['a.test', 'a.test']);
  });
});
