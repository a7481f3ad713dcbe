import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, given, time, whole } from './checks.js';

/** How the health of a client's connections is looked after while nothing comes on them. */
export interface HealthCheckOptions {
  /**
   * From one check to the next, in milliseconds. Each idle connection's socket is looked at; by HTTP/2 the
   * server is asked (PING) once nothing has come for so long, with requests under way, too. Default 30 000.
   */
  interval?: number;
  /**
   * How many times `timeout` may pass without a sign of life until a connection is given up: from 1 to 100.
   * By HTTP/1.1 nobody can be asked: a socket that is closed or has failed is given up at once, and whether
   * the other side is still there the system finds out (`tcpKeepalive`). Default 3.
   */
  unhealthyThreshold?: number;
  /** How long a sign of life may take, in milliseconds. Default 5000. */
  timeout?: number;
}

type HealthCheckSettings = NonNullable<Parameters<Binding['openClient']>[0]['healthCheck']>;

const MOST_MISSES = 100;
const DEFAULT_MAX_IDLE = 100;

/** Checks `healthCheck`. */
export function checkHealth(name: string, options: HealthCheckOptions): HealthCheckSettings {
  checkNames(name, options, ['interval', 'unhealthyThreshold', 'timeout']);
  return {
    ...given('interval', options.interval, time(name)),
    ...given('unhealthyThreshold', options.unhealthyThreshold, whole(name, 1, MOST_MISSES)),
    ...given('timeout', options.timeout, time(name)),
  };
}

/** Checks `minIdle`, which has to be possible under the caps. */
export function checkMinIdle(
  minIdle: number,
  { maxConnections = Number.POSITIVE_INFINITY, maxKeepaliveConnections = DEFAULT_MAX_IDLE },
): number {
  const most = Math.min(maxConnections, maxKeepaliveConnections);
  if (Number.isInteger(minIdle) && minIdle >= 0 && minIdle <= most) return minIdle;
  const allowed = `a whole number from 0 to ${most}, the idle connections that are allowed`;
  throw invalid('minIdle', allowed, minIdle);
}
