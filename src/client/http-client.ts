import { fetchOn } from '../fetch/fetch.js';
import { InFlight } from '../fetch/in-flight.js';
import type { FetchInit } from '../fetch/request.js';
import { ask } from '../native/answer.js';
import { engine } from '../native/link.js';
import { binding } from '../native/load.js';
import { checkTimeouts, duration, type Timeouts } from '../native/timeouts.js';
import { type ClientResponse, call, type RequestOptions } from './call.js';

/** How an {@link HttpClient} is set up. */
export interface HttpClientOptions {
  /** The most connections at once, over all origins. Default 1000. */
  maxConnections?: number;
  /** The most idle connections that are kept; one more is closed when it comes back. Default 100. */
  maxKeepaliveConnections?: number;
  /** How long an idle connection is kept, in milliseconds. Default 30 000. */
  keepaliveExpiry?: number;
  /** Deadlines of each request, in milliseconds; a number is the total. Default 30 000. */
  timeout?: number | Timeouts;
  /** Name look-up, TCP and TLS together, in milliseconds. Default 10 000. */
  connectTimeout?: number;
  tls?: {
    /** More certificate authorities to trust, in PEM form. */
    ca?: string | readonly string[];
  };
}

/** A client's pool and traffic at one moment. */
export interface PoolMetrics {
  readonly maxConnections: number;
  readonly maxKeepaliveConnections: number;
  readonly connectionsActive: number;
  readonly connectionsIdle: number;
  readonly connectionsTotal: number;
  /** Connections being opened. */
  readonly connectionsPending: number;
  readonly connectionsCreatedTotal: number;
  readonly connectionsClosedTotal: number;
  readonly connectionErrorsTotal: number;
  readonly connectionTimeoutsTotal: number;
  /** Busy and opening connections, of `maxConnections`. */
  readonly poolUtilizationPercent: number;
  /** Checkouts that were served by a connection already open, 0 to 1. */
  readonly reuseRate: number;
  readonly activeConnections: number;
  readonly availableConnections: number;
  /** Requests in line for a connection. */
  readonly pendingRequests: number;
  readonly totalRequests: number;
  readonly errorCount: number;
  /** From call to response head. */
  readonly avgResponseTimeMs: number;
}

const DEFAULT_TIMEOUT = 30_000;

/**
 * A client with a pool of its own.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 *
 * const client = new HttpClient({ maxConnections: 200, timeout: 60_000 })
 * const response = await client.request('POST', 'https://api.example.com/v1/items', {
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify({ name: 'a' }),
 * })
 * console.log(response.status, response.json())
 * await client.close()
 * ```
 */
export class HttpClient {
  readonly #number: number;
  readonly #inFlight: InFlight = new InFlight();

  /**
   * @throws {TypeError} for options of a wrong shape.
   * @throws {NativeUnavailableError} without a native binary for this platform.
   */
  constructor(options: HttpClientOptions = {}) {
    const { timeout = DEFAULT_TIMEOUT, connectTimeout, keepaliveExpiry, tls } = options;
    const timeouts = checkTimeouts(timeout) ?? {};
    const ca = tls?.ca;
    this.#number = binding().openClient({
      ...given('maxConnections', options.maxConnections, count),
      ...given('maxKeepaliveConnections', options.maxKeepaliveConnections, count),
      ...given('keepaliveExpiry', keepaliveExpiry, duration),
      ...given('connectTimeout', timeouts.connect ?? connectTimeout, duration),
      ...given('firstByteTimeout', timeouts.firstByte, duration),
      ...given('idleTimeout', timeouts.idle, duration),
      ...given('totalTimeout', timeouts.total, duration),
      ...given('poolTimeout', timeouts.pool, duration),
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? [ca] : [...ca] }),
    });
  }

  /**
   * Sends a request and waits for all of its response: the fast path, with no stream and no body
   * that has to be read.
   *
   * @throws {WarmlineError} what went wrong; the signal's reason once it is aborted.
   */
  request(
    method: string,
    url: string | URL,
    options: RequestOptions = {},
  ): Promise<ClientResponse> {
    return call(this.#number, this.#inFlight, method, url, options);
  }

  /** WHATWG `fetch` on this client's pool, with its deadlines. */
  fetch(input: string | URL | Request, init: FetchInit = {}): Promise<Response> {
    return fetchOn(this.#number, this.#inFlight, input, init);
  }

  /**
   * Opens connections to an origin ahead of need, until `count` are open there or a limit is reached.
   *
   * @throws {WarmlineError} why one of them could not connect.
   */
  async preconnect(origin: string | URL, count = 1): Promise<void> {
    await ask((receiver) => engine().preconnect(receiver, this.#number, count, `${origin}`));
  }

  /** Changes the pool's caps while it runs: idle surplus is closed now, busy surplus when it comes back. */
  updatePoolLimits(maxConnections: number, maxKeepaliveConnections: number): void {
    binding().setClientLimits(
      this.#number,
      count('maxConnections', maxConnections),
      count('maxKeepaliveConnections', maxKeepaliveConnections),
    );
  }

  /** The pool's state and what the client has done so far. */
  getPoolMetrics(): PoolMetrics {
    const numbers = binding().clientStats(this.#number);
    return {
      maxConnections: numbers.maxConnections,
      maxKeepaliveConnections: numbers.maxKeepaliveConnections,
      connectionsActive: numbers.active,
      connectionsIdle: numbers.idle,
      connectionsTotal: numbers.total,
      connectionsPending: numbers.pending,
      connectionsCreatedTotal: numbers.createdTotal,
      connectionsClosedTotal: numbers.closedTotal,
      connectionErrorsTotal: numbers.errorsTotal,
      connectionTimeoutsTotal: numbers.timeoutsTotal,
      poolUtilizationPercent: numbers.utilizationPercent,
      reuseRate: numbers.reuseRate,
      activeConnections: numbers.active,
      availableConnections: numbers.idle,
      pendingRequests: numbers.waiting,
      totalRequests: numbers.totalRequests,
      errorCount: numbers.errorCount,
      avgResponseTimeMs: numbers.avgResponseTimeMs,
    };
  }

  /** Takes no more requests, waits for those in flight, then closes the connections. */
  async close(): Promise<void> {
    await this.#inFlight.drained();
    binding().closeClient(this.#number);
  }

  /** Stops every request in flight and closes the connections. */
  destroy(): void {
    this.#inFlight.stop(new DOMException('The client was destroyed', 'AbortError'));
    binding().closeClient(this.#number);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
  check: (name: string, value: Value) => Value,
): { [Key in Name]?: Value } {
  if (value === undefined) return {};
  return { [name]: check(name, value) } as { [Key in Name]: Value };
}

function count(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 0x7fff_ffff) {
    throw new TypeError(`${name} must be a whole number of at least 1, not ${value}`);
  }
  return value;
}
