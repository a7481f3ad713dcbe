import { isIP } from 'node:net';

import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { durationOrNone } from '../native/timeouts.js';
import { checkNames, given, several } from './checks.js';
import { asked, type LookupFunction } from './lookup.js';

/** How an {@link HttpClient} finds the addresses of names. Durations are milliseconds. */
export interface DnsOptions {
  /**
   * Addresses that need no look-up, by name: `{ 'api.example.com': ['10.0.0.7', '10.0.0.8'] }`. Several
   * are taken by turns. A proxy that is given the name does not know of them.
   */
  hosts?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * How long an answer is used without another look-up. Default 30 000; 0 keeps none. (The system's
   * resolver does not tell the time to live that the owner of the name has set.)
   */
  ttl?: number;
  /** How long a name is taken not to exist once the resolver said so. Default 1000. */
  negativeTtl?: number;
  /**
   * How long beyond `ttl` an answer is still used at once, while the name is looked up again beside it.
   * Default 300 000.
   */
  staleTtl?: number;
  /** Asked instead of the system's resolver, once at a time for each name. */
  lookup?: LookupFunction;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['dns']>;
type StaticHost = Settings['hosts'][number];

/** What becomes of {@link DnsOptions}. */
export interface CheckedDns {
  readonly settings: Settings;
  readonly lookup: Parameters<Binding['openClient']>[1];
}

const NAMES: readonly (keyof DnsOptions)[] = ['hosts', 'ttl', 'negativeTtl', 'staleTtl', 'lookup'];

/**
 * Checks a client's `dns` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkDns(dns: DnsOptions): CheckedDns {
  checkNames('dns', dns, NAMES);
  const { hosts = {}, lookup, ttl, negativeTtl, staleTtl } = dns;
  if (typeof hosts !== 'object' || hosts === null) {
    throw invalid('dns.hosts', 'an object of addresses by name', hosts);
  }
  if (lookup !== undefined && typeof lookup !== 'function') {
    throw invalid('dns.lookup', 'a function such as dns.lookup', lookup);
  }
  const millis = (name: string, value: number): number => durationOrNone(`dns.${name}`, value);
  return {
    settings: {
      hosts: Object.entries(hosts).map(staticHost),
      ...given('ttl', ttl, millis),
      ...given('negativeTtl', negativeTtl, millis),
      ...given('staleTtl', staleTtl, millis),
    },
    lookup: lookup === undefined ? undefined : asked(lookup),
  };
}

/**
 * An IP address.
 *
 * @throws {TypeError} for anything else.
 */
export function ip(name: string, address: string): string {
  if (typeof address !== 'string' || isIP(address) === 0) {
    throw invalid(name, 'an IP address', address);
  }
  // RFC 4007 section 11: an address of the local link, with the interface that it is reached by.
  if (address.includes('%')) throw invalid(name, 'an IP address without a zone', address);
  return address;
}

function staticHost([name, addresses]: [string, string | readonly string[]]): StaticHost {
  const given = several(addresses);
  if (given.length === 0) {
    throw invalid(`dns.hosts[${name}]`, 'one IP address or several', addresses);
  }
  return {
    name: hostname(name),
    addresses: given.map((address) => ip(`dns.hosts[${name}]`, address)),
  };
}

/** A name as URLs have it. */
function hostname(name: string): string {
  const url = `http://${name}`;
  const host = /^[^\s:/?#@\\[\]]+$/.test(name) && URL.canParse(url) ? new URL(url).hostname : '';
  // An address is never looked up.
  if (host === '' || isIP(host) !== 0) {
    throw invalid('dns.hosts', 'an object whose keys are the names of hosts', name);
  }
  return host;
}
