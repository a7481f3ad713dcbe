import { invalid } from '../native/invalid.js';
import { type PoolCaps, scaleForLoad } from './load.js';
import { amount, calculateOptimalPoolSize } from './pool-size.js';
import { type OptimalTimeouts, optimizeTimeouts } from './timeouts.js';

/** What has measured, as an `HttpClient` with `analytics` has. */
export interface Measuring {
  getAnalytics(): { readonly hours: readonly MeasuredHour[] };
  getPoolMetrics(): { readonly poolUtilizationPercent: number };
}

/** What {@link recommend} reads of an hour. */
export interface MeasuredHour {
  readonly hour: number;
  readonly origin: string;
  readonly requests?: number;
  readonly avg_response_time_ms?: number;
  readonly avg_connect_time_ms?: number;
}

/** What {@link recommend} is told beside. */
export interface RecommendOptions {
  /** After which the provider itself gives a request up, in milliseconds. Default 60 000. */
  providerTimeout?: number;
  /** For which hour of the day the load counts, in milliseconds since 1970. Default: now. */
  now?: number;
}

/** Connections and deadlines for one origin, and what they follow from: its busiest hour. */
export interface OriginRecommendation {
  readonly origin: string;
  readonly connections: number;
  readonly timeouts: OptimalTimeouts;
  readonly requestsPerSecond: number;
  /** To the head of a response, in milliseconds. */
  readonly avgResponseTimeMs: number;
  /** To open a connection, in milliseconds; 0 where none was opened. */
  readonly avgConnectTimeMs: number;
}

/** What would suit what was measured. */
export interface Recommendation {
  /** For all origins together. */
  readonly connections: number;
  /** The caps for the load of this moment, with these connections, and three in ten of them idle, as the base. */
  readonly caps: PoolCaps;
  /** The busiest first. */
  readonly origins: readonly OriginRecommendation[];
}

const HOUR = 3_600_000;
const PROVIDER_TIMEOUT = 60_000;
/** The reference's base for a medium load: 100 connections, 30 of them idle. */
const IDLE_OF_TEN = 3;

/**
 * Applies {@link calculateOptimalPoolSize}, {@link optimizeTimeouts} and {@link scaleForLoad} to what a client has measured.
 * A response that is streamed is busy for longer than to its head: such origins want more connections, or HTTP/2.
 *
 * @throws {TypeError} for a client without `analytics`, and for options that make no sense.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 * import { recommend } from 'warmline/sizing'
 *
 * const client = new HttpClient({ analytics: true })
 * // ... a day later:
 * const { connections, origins } = recommend(client)
 * ```
 */
export function recommend(client: Measuring, options: RecommendOptions = {}): Recommendation {
  const { providerTimeout = PROVIDER_TIMEOUT, now = Date.now() } = options;
  amount('providerTimeout', providerTimeout);
  const busiest = new Map<string, OriginRecommendation>();
  for (const hour of client.getAnalytics().hours) {
    const found = ofHour(hour, providerTimeout, now);
    const before = busiest.get(hour.origin);
    if (before === undefined || found.connections >= before.connections)
      busiest.set(hour.origin, found);
  }
  const origins = [...busiest.values()].sort((one, other) => other.connections - one.connections);
  const connections = origins.reduce((sum, origin) => sum + origin.connections, 0);
  const idle = Math.ceil((connections * IDLE_OF_TEN) / 10);
  const base = { maxConnections: connections, maxKeepaliveConnections: idle };
  const load = client.getPoolMetrics().poolUtilizationPercent / 100;
  return { connections, caps: scaleForLoad(load, base), origins };
}

function ofHour(hour: MeasuredHour, providerTimeout: number, now: number): OriginRecommendation {
  const { origin, requests, avg_response_time_ms: millis, avg_connect_time_ms: latency = 0 } = hour;
  if (requests === undefined || millis === undefined) {
    throw invalid('client', 'one whose analytics collect patterns and metrics', origin);
  }
  // The hour that is not over counts by what of it has passed, a minute at least.
  const passed = Math.min(HOUR, Math.max(60_000, now - hour.hour * 1000));
  const requestsPerSecond = (requests * 1000) / passed;
  return {
    origin,
    connections: calculateOptimalPoolSize(requestsPerSecond, millis),
    timeouts: optimizeTimeouts(latency, providerTimeout),
    requestsPerSecond,
    avgResponseTimeMs: millis,
    avgConnectTimeMs: latency,
  };
}
