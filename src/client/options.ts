import type { Binding } from '../native/load.js';
import { checkTimeouts, duration, type Timeouts } from '../native/timeouts.js';
import { checkNames, given } from './checks.js';
import { checkTls, type TlsOptions } from './tls.js';

/** How an {@link HttpClient} is set up. */
export interface HttpClientOptions {
  /** The most connections at once, over all origins. Default 1000. */
  maxConnections?: number;
  /** The most idle connections that are kept; one more is closed when it comes back. Default 100. */
  maxKeepaliveConnections?: number;
  /** How long an idle connection is kept, in milliseconds. Default 30 000. */
  keepaliveExpiry?: number;
  /**
   * Deadlines of each request, in milliseconds; a number is the total. Default 30 000. An object
   * sets no total unless it names one.
   */
  timeout?: number | Timeouts;
  /** Name look-up, TCP and TLS together, in milliseconds; `timeout.connect` goes before it. Default 10 000. */
  connectTimeout?: number;
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
   * `'auto'`: what the server chooses in the TLS handshake, HTTP/2 before HTTP/1.1; without TLS,
   * HTTP/1.1. `'never'`: HTTP/1.1. `'prior-knowledge'`: HTTP/2 without asking, also without TLS; through
   * a proxy always in a tunnel. By HTTP/2 one connection carries as many requests as the server allows. Default `'auto'`.
   */
  http2?: Http2;
}

/** Whether HTTP/2 is spoken. */
export type Http2 = 'auto' | 'never' | 'prior-knowledge';

/** The engine's words for {@link HttpClientOptions}. */
export type ClientSettings = Parameters<Binding['openClient']>[0];

const DEFAULT_TIMEOUT = 30_000;
const MOST_CONNECTIONS = 0x7fff_ffff;

const NAMES: readonly string[] = [
  'maxConnections',
  'maxKeepaliveConnections',
  'keepaliveExpiry',
  'timeout',
  'connectTimeout',
  'tls',
  'proxy',
  'http2',
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
  return {
    ...given('maxConnections', options.maxConnections, connections),
    ...given('maxKeepaliveConnections', options.maxKeepaliveConnections, idleConnections),
    ...given('keepaliveExpiry', keepaliveExpiry, duration),
    ...given('connectTimeout', connectTimeout, duration),
    ...given('connectTimeout', timeouts.connect, duration),
    ...given('firstByteTimeout', timeouts.firstByte, duration),
    ...given('idleTimeout', timeouts.idle, duration),
    ...given('totalTimeout', timeouts.total, duration),
    ...given('poolTimeout', timeouts.pool, duration),
    ...given('tls', options.tls, checkTls),
    ...given('proxy', options.proxy, checkProxy),
    ...given('http2', options.http2, checkHttp2),
  };
}

function checkProxy(_: string, proxy: string | URL | false): { url?: string } {
  if (proxy === false) return {};
  if (typeof proxy !== 'string' && !(proxy instanceof URL)) {
    throw new TypeError(`proxy must be a URL or false, not ${String(proxy)}`);
  }
  return { url: `${proxy}` };
}

function checkHttp2(name: string, http2: Http2): Http2 {
  if (!HTTP2.includes(http2)) {
    throw new TypeError(`${name} must be one of ${HTTP2.join(', ')}, not ${String(http2)}`);
  }
  return http2;
}

/** A cap of connections. */
export function connections(name: string, value: number): number {
  return whole(name, value, 1);
}

/** A cap of idle connections; with 0 none is kept. */
export function idleConnections(name: string, value: number): number {
  return whole(name, value, 0);
}

function whole(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least || value > MOST_CONNECTIONS) {
    throw new TypeError(
      `${name} must be a whole number from ${least} to ${MOST_CONNECTIONS}, not ${String(value)}`,
    );
  }
  return value;
}
