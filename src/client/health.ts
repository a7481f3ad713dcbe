import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, given, time, whole } from './checks.js';

/**
 * When an {@link HttpClient} takes a place for degraded or unhealthy. Time-outs, broken connections and statuses from 500
 * on are failures.
 */
export interface HealthOptions {
  /** So many failures in a row make it unhealthy. Default 3. */
  unhealthyThreshold?: number;
  /** How far back requests count, in milliseconds. Default 60 000. */
  window?: number;
  /** It is degraded if a lower part of these succeeded, from 0 to 1; and there were at least ten. Default 0.9. */
  degradedBelow?: number;
  /**
   * It is degraded if the slowest twentieth of these took longer to the head of their response, in milliseconds.
   * Default: no limit.
   */
  degradedAbove?: number;
}

/** How a place that requests went to does. What is counted is the window that ends now. */
export interface HealthStatus {
  /** The origin, or the endpoint's URL. */
  readonly place: string;
  readonly state: 'healthy' | 'degraded' | 'unhealthy';
  /** Requests that were answered or failed. */
  readonly requests: number;
  /** The part of them that succeeded, from 0 to 1; 1 where there were none. */
  readonly successRate: number;
  /** Failures in a row, up to now. */
  readonly consecutiveFailures: number;
  /** Milliseconds to the head of a response, to within 1 %; `undefined` where there was none. */
  readonly latency:
    | { readonly p50: number; readonly p95: number; readonly p99: number }
    | undefined;
  /** The code or the status of the last failure, and when that was. */
  readonly lastError: { readonly reason: string; readonly at: Date } | undefined;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['health']>;
type Numbers = ReturnType<Binding['clientHealth']>[number];

const NAMES: readonly (keyof HealthOptions)[] = [
  'unhealthyThreshold',
  'window',
  'degradedBelow',
  'degradedAbove',
];

/**
 * Checks a client's `health` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkHealthMonitor(health: boolean | HealthOptions = false): { health?: Settings } {
  if (health === false) return {};
  if (health === true) return { health: {} };
  checkNames('health', health, NAMES);
  return {
    health: {
      ...given('unhealthyThreshold', health.unhealthyThreshold, whole('health', 1)),
      ...given('window', health.window, time('health')),
      ...given('degradedBelow', health.degradedBelow, (name, part) => {
        if (typeof part === 'number' && part >= 0 && part <= 1) return part;
        throw invalid(`health.${name}`, 'a number from 0 to 1', part);
      }),
      ...given('degradedAbove', health.degradedAbove, time('health')),
    },
  };
}

/** A place's health, as the engine says it. */
export function healthStatus(numbers: Numbers): HealthStatus {
  const { place, state, requests, failures, consecutiveFailures, latency, lastError } = numbers;
  const [p50 = 0, p95 = 0, p99 = 0] = latency;
  return {
    place,
    state: state as HealthStatus['state'],
    requests,
    successRate: requests === 0 ? 1 : (requests - failures) / requests,
    consecutiveFailures,
    latency: latency.length === 0 ? undefined : { p50, p95, p99 },
    lastError:
      lastError === undefined
        ? undefined
        : { reason: lastError.reason, at: new Date(Date.now() - lastError.age) },
  };
}
