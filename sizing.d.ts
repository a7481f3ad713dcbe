// Generated from src/ by `npm run types`; do not edit.

/** The caps of a pool, as `HttpClient.updatePoolLimits` takes them. */
export interface PoolCaps {
	readonly maxConnections: number;
	readonly maxKeepaliveConnections: number;
}
/**
 * The caps for a load: half of the base below 0.3, the base below 0.7, and half as much again from there on, rounded
 * down. (`scaling` of an `HttpClient` does so while it runs.)
 *
 * @param currentLoad The part of the pool that is busy, 0 to 1.
 * @param base The caps for a medium load. Default 100 and 30.
 * @throws {TypeError} for a load that is no number or negative, and for caps that are not whole numbers.
 *
 * @example
 * ```ts
 * import { scaleForLoad } from 'warmline/sizing'
 *
 * scaleForLoad(0.9) // { maxConnections: 150, maxKeepaliveConnections: 45 }
 * ```
 */
export declare function scaleForLoad(currentLoad: number, base?: PoolCaps): PoolCaps;
/**
 * How many connections it takes to serve so many requests per second: those that are busy at once on average
 * (Little's law), half as many again, and from 10 to 1000. Each is taken to carry one request at a time, as by HTTP/1.1.
 *
 * @param avgResponseTimeMs From sending a request to the end of its response's body, in milliseconds.
 * @throws {TypeError} for anything but numbers that are not negative.
 *
 * @example
 * ```ts
 * import { calculateOptimalPoolSize } from 'warmline/sizing'
 *
 * calculateOptimalPoolSize(100, 250) // 37
 * ```
 */
export declare function calculateOptimalPoolSize(targetRps: number, avgResponseTimeMs: number): number;
/** Deadlines in milliseconds. */
export interface OptimalTimeouts {
	/** To open a connection. An `HttpClient` takes it as `timeout.connect`. */
	readonly connect: number;
	/** For the provider to answer, and between two pieces of its answer: `timeout.firstByte`, `timeout.idle`. */
	readonly read: number;
	/** For all of it: `timeout.total`, where responses are not streamed for longer. */
	readonly total: number;
}
/**
 * The deadlines for a network and a provider: twice the latency to connect, and at least 5 s; four fifths of the
 * provider's own time-out to answer, and at least 10 s; both and 5 s more for all of it.
 *
 * @param networkLatency To the provider and back, in milliseconds.
 * @param providerTimeout After which the provider itself gives a request up, in milliseconds.
 * @throws {TypeError} for anything but numbers that are not negative.
 *
 * @example
 * ```ts
 * import { optimizeTimeouts } from 'warmline/sizing'
 *
 * optimizeTimeouts(120, 60_000) // { connect: 5000, read: 48_000, total: 58_000 }
 * ```
 */
export declare function optimizeTimeouts(networkLatency: number, providerTimeout: number): OptimalTimeouts;
/** What has measured, as an `HttpClient` with `analytics` has. */
export interface Measuring {
	getAnalytics(): {
		readonly hours: readonly MeasuredHour[];
	};
	getPoolMetrics(): {
		readonly poolUtilizationPercent: number;
	};
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
export declare function recommend(client: Measuring, options?: RecommendOptions): Recommendation;

export {};
