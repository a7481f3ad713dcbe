import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { type ActiveChecks, checkActiveChecks } from './active-checks.js';
import { checkNames, given, time, whole } from './checks.js';

/** One of the places that serve an {@link HttpClient}'s requests. */
export interface Endpoint {
  /** What a request's path is appended to, such as `https://eu.example.com/v1`; no query, no credentials. */
  url: string | URL;
  /** Its share of the requests beside the others' weights, a whole number from 1 to 65 535. Default 1. */
  weight?: number;
}

/**
 * How an endpoint is chosen: `'round-robin'` by turns; `'least-loaded'` the one with the fewest requests
 * under way, responses that are still read included; `'sticky'` by a hash of the request's `affinity`, the same in
 * every process, and by turns for requests without one. Weights count in each of them.
 */
export type Balance = 'round-robin' | 'least-loaded' | 'sticky';

/** What becomes of an endpoint that fails. */
export interface FailoverOptions {
  /** So many failures in a row take an endpoint out. Default 3. */
  failures?: number;
  /** For so long, in milliseconds; then one request at a time tries it again. Default 10 000. */
  timeout?: number;
}

/** An endpoint at one moment. */
export interface EndpointStatus {
  readonly url: string;
  readonly weight: number;
  /** False from its last failure in a row until it has answered again, and while active checks say that it is down. */
  readonly healthy: boolean;
  /** Why its last active check failed, a code or a status; `undefined` where it passed, or there was none. */
  readonly checkError: string | undefined;
  /** Requests under way, responses that are still read included. */
  readonly inFlight: number;
  /** Requests that it was chosen for. */
  readonly totalRequests: number;
  /** Of these, those that found no connection, or no response on it. */
  readonly totalFailures: number;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['endpoints']>;
type EndpointSettings = Settings['endpoints'][number];

/** The options of an {@link HttpClient} that are about endpoints. */
export interface EndpointsOptions {
  endpoints?: readonly (string | URL | Endpoint)[];
  balance?: Balance;
  failover?: boolean | FailoverOptions;
  activeChecks?: boolean | ActiveChecks;
}

/** In the order of the engine's numbers for them. */
const BALANCES: readonly Balance[] = ['round-robin', 'least-loaded', 'sticky'];
const OF_ENDPOINTS = ['balance', 'failover', 'activeChecks'] as const;
const MOST_WEIGHT = 0xffff;

/**
 * Checks what a client is told of endpoints.
 *
 * @returns `undefined` where it has none.
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkEndpoints(options: EndpointsOptions): Settings | undefined {
  const { endpoints, balance = 'round-robin', failover = true, activeChecks = false } = options;
  if (endpoints === undefined) {
    const idle = OF_ENDPOINTS.find((name) => options[name] !== undefined);
    if (idle !== undefined) throw invalid(idle, 'left out without endpoints', options[idle]);
    return undefined;
  }
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw invalid('endpoints', 'an array of URLs, at least one', endpoints);
  }
  if (!BALANCES.includes(balance)) {
    throw invalid('balance', `one of ${BALANCES.join(', ')}`, balance);
  }
  const checked = endpoints.map(checkEndpoint);
  const urls = checked.map(({ url }) => url);
  const twice = urls.findIndex((url, index) => urls.indexOf(url) < index);
  if (twice >= 0) throw invalid(`endpoints[${twice}]`, 'another one than before', urls[twice]);
  return {
    endpoints: checked,
    balance: BALANCES.indexOf(balance),
    ...checkFailover(failover),
    ...checkActiveChecks(activeChecks, urls),
  };
}

function checkFailover(
  failover: boolean | FailoverOptions,
): Pick<Settings, 'failover' | 'failures' | 'rest'> {
  if (typeof failover === 'boolean') return { failover };
  checkNames('failover', failover, ['failures', 'timeout']);
  return {
    failover: true,
    ...given('failures', failover.failures, whole('failover', 1)),
    ...given('rest', failover.timeout, (_, rest) => time('failover')('timeout', rest)),
  };
}

function checkEndpoint(endpoint: string | URL | Endpoint, index: number): EndpointSettings {
  const name = `endpoints[${index}]`;
  if (typeof endpoint === 'string' || endpoint instanceof URL) {
    return { url: baseUrl(name, endpoint), weight: 1 };
  }
  checkNames(name, endpoint, ['url', 'weight']);
  const { url, weight = 1 } = endpoint;
  return {
    url: baseUrl(`${name}.url`, url),
    weight: whole(name, 1, MOST_WEIGHT)('weight', weight),
  };
}

function baseUrl(name: string, value: string | URL): string {
  const text = value instanceof URL ? value.href : value;
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const isBase =
    url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  // Not shown where it has a password in it.
  if (url?.username || url?.password) throw invalid(name, 'a URL without credentials', url.origin);
  if (!isBase) throw invalid(name, 'an http or https URL without query and fragment', value);
  return url.href.replace(/\/+$/, '');
}
