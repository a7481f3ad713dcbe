import { type Compression, compressionFlag } from '../native/compression.js';
import { invalid, invalidSecret } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkTimeouts, duration, type Timeouts } from '../native/timeouts.js';
import type { ActiveChecks } from './active-checks.js';
import { type AnalyticsOptions, checkAnalytics } from './analytics.js';
import { checkNames, given, whole } from './checks.js';
import { type CircuitBreakerOptions, checkCircuitBreaker } from './circuit-breaker.js';
import { type CooldownOptions, checkCooldown } from './cooldown.js';
import { checkDns, type DnsOptions, ip } from './dns.js';
import { type Balance, checkEndpoints, type Endpoint, type FailoverOptions } from './endpoints.js';
import { checkHealthMonitor, type HealthOptions } from './health.js';
import { checkHedge, type HedgeOptions } from './hedge.js';
import { likeness } from './likeness.js';
import { checkRateLimit, type RateLimitOptions } from './rate-limit.js';
import { checkRetry, type RetryOptions } from './retry.js';
import { checkScaling, type ScalingOptions } from './scaling.js';
import { checkTls, type TlsOptions } from './tls.js';
import { checkHealth, checkMinIdle, type HealthCheckOptions } from './upkeep.js';

/** How an {@link HttpClient} is set up. */
export interface HttpClientOptions {
  /** The most connections at once, over all origins. Default 1000. */
  maxConnections?: number;
  /** The most idle connections that are kept; one more is closed when it comes back. Default 100. */
  maxKeepaliveConnections?: number;
  /** How long an idle connection is kept, in milliseconds. Default 30 000. */
  keepaliveExpiry?: number;
  /**
   * How often idle connections are looked for that are past their time, in milliseconds. Default 1000. With
   * `false` they are closed once a request comes upon them.
   */
  cleanupInterval?: number | false;
  /**
   * How many idle connections are kept open for each origin, so that a request finds a warm one; by HTTP/2
   * one connection that has room is enough. Those that are missing are opened in the background, within a
   * quarter of a second and never above the caps, and after longer and longer waits (1 to 60 seconds) while
   * that fails. An origin has them from its first request or {@link HttpClient.preconnect} until ten minutes
   * after its last request. At most `maxKeepaliveConnections`. Default 0.
   */
  minIdle?: number;
  /** How it is found out that a connection on which nothing comes is no more. */
  healthCheck?: HealthCheckOptions;
  /**
   * Deadlines of each request, in milliseconds; a number is the total. Default 30 000. An object
   * sets no total unless it names one.
   */
  timeout?: number | Timeouts;
  /** Name look-up, TCP and TLS together, in milliseconds; `timeout.connect` goes before it. Default 10 000. */
  connectTimeout?: number;
  /**
   * How long a server may take nothing of a request that is sent to it, in milliseconds, until its response begins;
   * a streamed body that has nothing to send does not count. The error has the code `WARMLINE_WRITE_TIMEOUT`. By HTTP/2
   * a few hundred kilobytes count as taken once they are in the connection's buffer. Default: no limit.
   */
  writeTimeout?: number;
  /** Static hosts, a look-up function of your own, and for how long answers are good. */
  dns?: DnsOptions;
  /**
   * The path of the unix domain socket that every request goes to, whatever the host of its URL; no proxy
   * is then used. Not on Windows.
   */
  socketPath?: string;
  /** The IP address of this machine to connect from. Servers are then reached by its family alone. */
  localAddress?: string;
  /**
   * How long a connection is silent, in milliseconds, before the system probes whether the other side is
   * still there; it is taken for gone when four probes, at most 15 seconds apart, stay without answer.
   * `false` sends none. Default 45 000, below the idle limits of common load balancers and NATs.
   */
  tcpKeepalive?: number | false;
  /** Trust, client certificates, pins. */
  tls?: TlsOptions;
  /**
   * The proxy of every connection: `http://`, `https://`, `socks5://` (names are looked up here) or
   * `socks5h://` (by the proxy), with user name and password if it wants them. `false` is none.
   * Default: what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` said when the client was
   * made, unless `NODE_USE_ENV_PROXY` is `0`.
   */
  proxy?: string | URL | false;
  /**
   * Encodes the bodies of requests, where their bytes are at hand, for servers that are known to decode
   * them; a request's own `compress` goes before it. Default `false`.
   */
  compress?: Compression | false;
  /**
   * `'auto'`: what the server chooses in the TLS handshake, HTTP/2 before HTTP/1.1; without TLS,
   * HTTP/1.1. `'never'`: HTTP/1.1. `'prior-knowledge'`: HTTP/2 without asking, also without TLS; through
   * a proxy always in a tunnel. By HTTP/2 one connection carries as many requests as the server allows.
   * Default `'auto'`.
   */
  http2?: Http2;
  /**
   * How far a response with a `content-encoding` may grow as it is decoded. `false` leaves its bytes
   * encoded, and asks servers for none. Default: 250 to 1, and 4 GiB.
   */
  decompress?: boolean | DecompressOptions;
  /**
   * Several places that serve the same requests. A relative URL is appended to that of the endpoint whose
   * turn it is, and so is the rest of a URL that lies below one of them; other URLs lead where they say, and
   * so does every request on a leased connection.
   */
  endpoints?: readonly (string | URL | Endpoint)[];
  /** How an endpoint is chosen. Default `'round-robin'`. */
  balance?: Balance;
  /**
   * When an endpoint is taken out, and that a request which it failed goes on to the next one: if nothing of
   * it was sent, or if its method is idempotent (RFC 9110 section 9.2.2; no `POST`) and no response came. A
   * response is a response, whatever its status. With `false` no request goes on. Default `true`.
   */
  failover?: boolean | FailoverOptions;
  /**
   * Whether it is looked at from time to time if the `endpoints` are there, so that one that is down is left out before a
   * request finds it, and is back once it answers. While all of them are down, checks count for nothing. `true` is with
   * the defaults. Default `false`.
   */
  activeChecks?: boolean | ActiveChecks;
  /**
   * When {@link HttpClient.request}, {@link HttpClient.fetch} and {@link HttpClient.events} send a request again:
   * after a listed status, or a failure that cannot have made the server do the work; after one that may have only
   * if the method is idempotent (RFC 9110 section 9.2.2; no `POST`) or the request has an `idempotency-key`. Never
   * a body that is streamed, and nothing once a response has come. What goes over this client by way of a patched
   * SDK, axios or undici is not sent again: those see to it themselves. `false` is never.
   */
  retry?: RetryOptions | false;
  /**
   * When requests to a place that fails are not sent at all, and end at once with a {@link CircuitOpenError}. A place
   * is an origin, or one of `endpoints`; the clients of a process that are set up alike, in all its threads, have
   * their breakers in common. `false` sends them always.
   */
  circuitBreaker?: CircuitBreakerOptions | false;
  /**
   * Whether requests wait for a pause that a server has asked for (429, 503 or 529 with `retry-after`) of everybody
   * with their key, in any thread of the process and on any client. They then leave one after another. A request
   * with less time than that ends with the code `WARMLINE_COOLING_DOWN`. `false` sends them at once.
   */
  cooldown?: CooldownOptions | false;
  /**
   * How much is sent to an origin with one key: one limit for every origin, or limits by origin. The clients of a
   * process that have the same `rateLimit`, in all its threads, have it in common. Default: no limit.
   */
  rateLimit?: RateLimitOptions | false;
  /**
   * Whether it is looked at how the origins and endpoints do that requests go to ({@link HttpClient.getHealth}). Of
   * several `endpoints`, one that does not do well gets a quarter of its share, unless `balance` is `'sticky'`. The clients
   * of a process with the same `health`, in all its threads, know the same. Default `false`.
   */
  health?: boolean | HealthOptions;
  /**
   * Whether requests, connections, times and errors are counted by origin and hour, for a week
   * ({@link HttpClient.getAnalytics}). Default `false`.
   */
  analytics?: boolean | AnalyticsOptions;
  /**
   * Whether the caps of the pool follow its load, by the reference's steps: half of `maxConnections` and
   * `maxKeepaliveConnections` below a load of 0.3, all of them below 0.7, and half as much again from there on; up at
   * once, and down after a while. What demand is foreseen counts as load, and has connections opened ahead, which are never
   * more than the caps allow. Default `false`.
   */
  scaling?: boolean | ScalingOptions;
  /**
   * Sends a request of this client's own a second time where the first one takes long, if that can do no harm: by
   * its method (RFC 9110 section 9.2.2; no `POST`), or because the request says so. The first good answer wins, and
   * the other request is stopped. Default `false`.
   */
  hedge?: HedgeOptions | false;
}

/** What an encoded response may come to; `WARMLINE_DECOMPRESSION_LIMIT` is the error of one that comes to more. */
export interface DecompressOptions {
  /** Decoded bytes for each received one, once there are 16 MiB of them. Default 250; `Infinity` is no limit. */
  maxRatio?: number;
  /** Decoded bytes. Default 4 GiB; `Infinity` is no limit. */
  maxBytes?: number;
}

/** Whether HTTP/2 is spoken. */
export type Http2 = 'auto' | 'never' | 'prior-knowledge';

/** The engine's words for {@link HttpClientOptions}. */
export type ClientSettings = Parameters<Binding['openClient']>;
type SocketSettings = NonNullable<ClientSettings[0]['socket']>;

const DEFAULT_TIMEOUT = 30_000;
const MOST_CONNECTIONS = 0x7fff_ffff;

const NAMES: readonly (keyof HttpClientOptions)[] = [
  'maxConnections',
  'maxKeepaliveConnections',
  'keepaliveExpiry',
  'cleanupInterval',
  'minIdle',
  'healthCheck',
  'timeout',
  'connectTimeout',
  'writeTimeout',
  'dns',
  'socketPath',
  'localAddress',
  'tcpKeepalive',
  'tls',
  'proxy',
  'http2',
  'decompress',
  'compress',
  'endpoints',
  'balance',
  'failover',
  'activeChecks',
  'retry',
  'circuitBreaker',
  'cooldown',
  'rateLimit',
  'health',
  'analytics',
  'scaling',
  'hedge',
];

const HTTP2: readonly string[] = ['auto', 'never', 'prior-knowledge'];

/**
 * Checks a client's options.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkOptions(options: HttpClientOptions): ClientSettings {
  checkNames('options', options, NAMES);
  const { timeout = DEFAULT_TIMEOUT, connectTimeout, keepaliveExpiry } = options;
  const timeouts = checkTimeouts(timeout) ?? {};
  // Each request brings it along; here it is only checked.
  compressionFlag(options.compress);
  const { dns, socketPath, proxy } = options;
  if (socketPath !== undefined && proxy !== undefined && proxy !== false) {
    throw invalidSecret('proxy', 'left out where socketPath is given');
  }
  const names = dns === undefined ? undefined : checkDns(dns);
  const endpoints = checkEndpoints(options);
  const settings: ClientSettings[0] = {
    ...given('maxConnections', options.maxConnections, connections),
    ...given('maxKeepaliveConnections', options.maxKeepaliveConnections, idleConnections),
    ...given('keepaliveExpiry', keepaliveExpiry, duration),
    ...given('cleanupInterval', options.cleanupInterval, checkCleanup),
    ...given('minIdle', options.minIdle, (_, minIdle) => checkMinIdle(minIdle, options)),
    ...given('healthCheck', options.healthCheck, checkHealth),
    ...given('connectTimeout', connectTimeout, duration),
    ...given('connectTimeout', timeouts.connect, duration),
    ...given('writeTimeout', options.writeTimeout, duration),
    ...given('firstByteTimeout', timeouts.firstByte, duration),
    ...given('idleTimeout', timeouts.idle, duration),
    ...given('totalTimeout', timeouts.total, duration),
    ...given('poolTimeout', timeouts.pool, duration),
    ...(names === undefined ? {} : { dns: names.settings }),
    socket: checkSocket(options),
    ...given('tls', options.tls, checkTls),
    ...given('proxy', proxy, checkProxy),
    ...given('http2', options.http2, checkHttp2),
    ...given('decompress', options.decompress, checkDecompress),
    ...(endpoints === undefined ? {} : { endpoints }),
    ...checkRetry(options.retry),
    ...checkCircuitBreaker(options.circuitBreaker, endpoints?.rest),
    ...checkCooldown(options.cooldown, options.retry),
    ...limits(options.rateLimit),
    ...checkHealthMonitor(options.health),
    ...checkAnalytics(options.analytics),
    ...checkScaling(options.scaling),
    ...checkHedge(options.hedge),
  };
  return [{ ...settings, ...likeness(settings, names?.lookup) }, names?.lookup];
}

function limits(
  rateLimit: RateLimitOptions | false = false,
): Pick<ClientSettings[0], 'rateLimits'> {
  const rateLimits = checkRateLimit('rateLimit', rateLimit);
  return rateLimits.length === 0 ? {} : { rateLimits };
}

function checkSocket(options: HttpClientOptions): SocketSettings {
  const { socketPath, localAddress, tcpKeepalive } = options;
  return {
    ...given('path', socketPath, (_, path) => {
      if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
      throw invalid('socketPath', 'the path of a unix domain socket', path);
    }),
    ...given('localAddress', localAddress, ip),
    ...given('keepalive', tcpKeepalive, (_, time) => {
      if (time === false) return 0;
      if (typeof time === 'number') return duration('tcpKeepalive', time);
      throw invalid('tcpKeepalive', 'a positive number of milliseconds or false', time);
    }),
  };
}

function checkCleanup(name: string, interval: number | false): number {
  if (interval === false) return 0;
  if (typeof interval === 'number') return duration(name, interval);
  throw invalid(name, 'a positive number of milliseconds or false', interval);
}

function checkProxy(_: string, proxy: string | URL | false): { url?: string } {
  if (proxy === false) return {};
  if (typeof proxy === 'string' || proxy instanceof URL) return { url: `${proxy}` };
  throw invalid('proxy', 'a URL or false', proxy);
}

function checkDecompress(
  _: string,
  decompress: boolean | DecompressOptions,
): NonNullable<ClientSettings[0]['decompress']> {
  if (typeof decompress === 'boolean') return { enabled: decompress };
  checkNames('decompress', decompress, ['maxRatio', 'maxBytes']);
  return {
    enabled: true,
    ...given('maxRatio', decompress.maxRatio, limit(0xffff_ffff)),
    ...given('maxBytes', decompress.maxBytes, limit(Number.MAX_SAFE_INTEGER)),
  };
}

/** Checks a limit of at most `most`; for the engine, 0 is none. */
function limit(most: number): (name: string, value: number) => number {
  return (name, value) => {
    if (value === Number.POSITIVE_INFINITY) return 0;
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw invalid(`decompress.${name}`, `a whole number from 1 to ${most}, or Infinity`, value);
    }
    return value;
  };
}

function checkHttp2(name: string, http2: Http2): Http2 {
  if (HTTP2.includes(http2)) return http2;
  throw invalid(name, `one of ${HTTP2.join(', ')}`, http2);
}

/** A cap of connections. */
export const connections = whole('options', 1, MOST_CONNECTIONS);

/** A cap of idle connections; with 0 none is kept. */
export const idleConnections = whole('options', 0, MOST_CONNECTIONS);
