import { amount } from './pool-size.js';

/** Deadlines in milliseconds. */
export interface OptimalTimeouts {
  /** To open a connection. An `HttpClient` takes it as `timeout.connect`. */
  readonly connect: number;
  /** For the provider to answer, and between two pieces of its answer: `timeout.firstByte`, `timeout.idle`. */
  readonly read: number;
  /** For all of it: `timeout.total`, where responses are not streamed for longer. */
  readonly total: number;
}

const LEAST_CONNECT = 5000;
const LEAST_READ = 10_000;
const BUFFER = 5000;

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
export function optimizeTimeouts(networkLatency: number, providerTimeout: number): OptimalTimeouts {
  const connect = Math.max(LEAST_CONNECT, amount('networkLatency', networkLatency) * 2);
  const read = Math.max(LEAST_READ, amount('providerTimeout', providerTimeout) * 0.8);
  return { connect, read, total: connect + read + BUFFER };
}
