import { invalid } from '../native/invalid.js';

const SAFETY_FACTOR = 1.5;
const FEWEST = 10;
const MOST = 1000;

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
export function calculateOptimalPoolSize(targetRps: number, avgResponseTimeMs: number): number {
  const rps = amount('targetRps', targetRps);
  const millis = amount('avgResponseTimeMs', avgResponseTimeMs);
  const size = Math.trunc(((rps * millis) / 1000) * SAFETY_FACTOR);
  return Math.max(FEWEST, Math.min(MOST, size));
}

/** A number that is not negative. */
export function amount(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw invalid(name, 'a number that is not negative', value);
}
