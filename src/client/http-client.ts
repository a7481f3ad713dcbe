import { fetchOn } from '../fetch/fetch.js';
import { InFlight } from '../fetch/in-flight.js';
import type { FetchInit } from '../fetch/request.js';
import type { TimedResponse } from '../fetch/response.js';
import { ask } from '../native/answer.js';
import { engine } from '../native/link.js';
import { binding } from '../native/load.js';
import type { ServerSentEvent } from '../sse/events.js';
import { expectEvents, Requested } from '../sse/requested.js';
import { type Analytics, analyticsOf } from './analytics.js';
import { type ClientResponse, call, type RequestOptions } from './call.js';
import { type CircuitBreakerStatus, circuitBreaker, publishChanges } from './circuit-breaker.js';
import type { EndpointStatus } from './endpoints.js';
import { type HealthStatus, healthStatus } from './health.js';
import { checkOptions, connections, type HttpClientOptions, idleConnections } from './options.js';
import {
  checkRateLimit,
  type RateLimitOptions,
  type RateLimitStatus,
  rateLimitStatus,
} from './rate-limit.js';

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
  /** To open a connection: look-up, TCP and TLS. */
  readonly avgConnectionTimeMs: number;
}

/** Closes the pool of a client that was collected, once the last of its requests has ended. */
const forgotten = new FinalizationRegistry<{ number: number; inFlight: InFlight }>(
  async ({ number, inFlight }) => {
    await inFlight.drained();
    binding().closeClient(number);
  },
);

/** What else sends on a client's pool needs to know of it: its number on the engine, what it has under way. */
export let insideOf: (client: HttpClient) => { number: number; inFlight: InFlight };

/**
 * A client with a pool of its own. One that is forgotten is closed when it is collected.
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
  /** With what the engine knows of them by their place. */
  readonly #endpoints: readonly { readonly url: string; readonly weight: number }[];
  /** What goes before what a request says of itself, if anything does. */
  readonly #defaults: Pick<HttpClientOptions, 'compress'> | undefined;

  static {
    insideOf = (client) => ({ number: client.#number, inFlight: client.#inFlight });
  }

  /**
   * @throws {TypeError} for options of a wrong shape.
   * @throws {NativeUnavailableError} without a native binary for this platform.
   */
  constructor(options: HttpClientOptions = {}) {
    const settings = checkOptions(options);
    const native = binding();
    this.#defaults = options.compress ? { compress: options.compress } : undefined;
    this.#number = native.openClient(...settings);
    if (settings[0].circuitBreaker?.monitored) publishChanges();
    this.#endpoints = settings[0].endpoints?.endpoints ?? [];
    forgotten.register(this, { number: this.#number, inFlight: this.#inFlight });
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
    const all = this.#defaults === undefined ? options : { ...this.#defaults, ...options };
    return call(this.#number, this.#inFlight, method, url, all);
  }

  /** WHATWG `fetch` on this client's pool, with its deadlines. */
  fetch(input: string | URL | Request, init: FetchInit = {}): Promise<TimedResponse> {
    const all = this.#defaults === undefined ? init : { ...this.#defaults, ...init };
    return fetchOn(this.#number, this.#inFlight, input, all, true);
  }

  /**
   * Sends a request and reads its response as server-sent events, which the engine parses: {@link fetch}
   * and {@link events} in one.
   *
   * The request is sent when the first event is asked for. Leaving the loop stops it.
   *
   * Iterating throws an {@link UnexpectedResponseError} unless the response has a status of 200 to 299 and
   * the content type `text/event-stream`, and else what `fetch` and `events` throw.
   *
   * @example
   * ```ts
   * import { HttpClient } from 'warmline'
   *
   * const client = new HttpClient({ timeout: { firstByte: 30_000, idle: 60_000 } })
   * const events = client.events('https://api.example.com/v1/stream', { method: 'POST', body: '{}' })
   * for await (const { event, data } of events) console.log(event, data)
   * ```
   */
  events(
    input: string | URL | Request,
    init: FetchInit = {},
  ): AsyncIterableIterator<ServerSentEvent, undefined, undefined> {
    return new Requested(async (stop) => {
      const { signal = input instanceof Request ? input.signal : null } = init;
      const either = signal === null ? stop : AbortSignal.any([signal, stop]);
      return expectEvents(await this.fetch(input, { ...init, signal: either }));
    });
  }

  /**
   * Opens connections to an origin ahead of need, until `count` are open there or a limit is reached;
   * by HTTP/2, where one connection carries many requests, until there is one.
   *
   * @throws {WarmlineError} why one of them could not connect.
   */
  async preconnect(origin: string | URL, count = 1): Promise<void> {
    const wanted = connections('count', count);
    await ask((receiver) => engine().preconnect(receiver, this.#number, wanted, `${origin}`));
  }

  /**
   * Changes the pool's caps while it runs: idle surplus is closed now, busy surplus when it comes back.
   *
   * @throws {TypeError} for anything but whole numbers, of at least 1 and 0.
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  updatePoolLimits(maxConnections: number, maxKeepaliveConnections: number): void {
    const busy = connections('maxConnections', maxConnections);
    const idle = idleConnections('maxKeepaliveConnections', maxKeepaliveConnections);
    binding().setClientLimits(this.#number, busy, idle);
  }

  /**
   * The pool's state and what the client has done so far.
   *
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
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
      avgConnectionTimeMs: numbers.avgConnectionTimeMs,
    };
  }

  /**
   * The endpoints and how they do, in the order of the options; none without the option.
   *
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  getEndpoints(): EndpointStatus[] {
    const states = binding().clientEndpoints(this.#number);
    return this.#endpoints.map(({ url, weight }, index) => {
      const { requests, failures, ...state } = states[index] as (typeof states)[number];
      const { healthy, checkError, inFlight } = state;
      const totals = { totalRequests: requests, totalFailures: failures };
      return { url, weight, healthy, checkError, inFlight, ...totals };
    });
  }

  /**
   * The circuit breakers of the places that requests went to, by their names: those of all clients of the process
   * that are set up alike. None with `circuitBreaker: false`.
   *
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  getCircuitBreakers(): CircuitBreakerStatus[] {
    return binding().clientBreakers(this.#number).map(circuitBreaker);
  }

  /**
   * Closes circuit breakers at once.
   *
   * @param place an origin or, of a client with endpoints, the URL of one; all of them if it is left out.
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  resetCircuitBreakers(place?: string): void {
    binding().resetClientBreakers(this.#number, place);
  }

  /**
   * How the origins and endpoints do that requests went to, by their names. None without `health`.
   *
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  getHealth(): HealthStatus[] {
    return binding().clientHealth(this.#number).map(healthStatus);
  }

  /**
   * What was counted by origin and hour. No hours without `analytics`.
   *
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  getAnalytics(): Analytics {
    return analyticsOf(binding().clientAnalytics(this.#number));
  }

  /**
   * Changes the rate limits while the client runs: what was sent under the ones before counts, and who waits goes on
   * waiting.
   *
   * @throws {TypeError} as the constructor does for its `rateLimit`.
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  updateRateLimit(rateLimit: RateLimitOptions | false): void {
    const limits = checkRateLimit('rateLimit', rateLimit);
    binding().setClientRateLimits(this.#number, limits);
  }

  /**
   * What was sent under the rate limits, by origin, for each key that it was sent with.
   *
   * @throws {WarmlineError} `WARMLINE_CLOSED` once the client is closed.
   */
  getRateLimits(): RateLimitStatus[] {
    return binding().clientRateLimits(this.#number).map(rateLimitStatus);
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
