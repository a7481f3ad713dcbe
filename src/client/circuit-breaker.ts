import { channel } from 'node:diagnostics_channel';

import { invalid } from '../native/invalid.js';
import { type Binding, binding } from '../native/load.js';
import { checkNames, given, time, whole } from './checks.js';

/** When an {@link HttpClient} does not ask a place that fails. Time-outs and statuses from 500 on are failures. */
export interface CircuitBreakerOptions {
  /**
   * So many failures in a row open it. Where a part of the requests fails all the time, the row has to be as long
   * as chance makes one in no more than a million requests; and in any case as long as there are requests under way
   * that were sent before the last of them, and may yet be answered. Default 5.
   */
  failureThreshold?: number;
  /**
   * For so long, in milliseconds; then some requests show whether the place has recovered. Default 60 000; what
   * `failover.timeout` is, where that is given.
   */
  recoveryTimeout?: number;
  /** This part of the requests in the window, and of those still under way, opens it, too, from 0 to 1. Default 0.5. */
  failureRate?: number;
  /** If there were so many of them. Default 20. */
  minimumRequests?: number;
  /** How far back requests count for that, in milliseconds. Default 30 000. */
  window?: number;
  /** So many requests at a time show whether the place has recovered, and as many have to be answered. Default 1. */
  halfOpenRequests?: number;
  /**
   * Whether changes are published on the `diagnostics_channel` named `warmline:circuit-breaker`, each as a
   * {@link CircuitBreakerChange}, once in each thread that has a client with this. Default `true`.
   */
  monitoringEnabled?: boolean;
}

/** Whether requests pass: all, none, or some, to see how they fare. */
export type CircuitBreakerState = 'closed' | 'open' | 'half-open';

/** A change of a circuit breaker. */
export interface CircuitBreakerChange {
  /** The origin, or the endpoint's URL. */
  readonly place: string;
  readonly from: CircuitBreakerState;
  readonly to: CircuitBreakerState;
  /** How long it stays open, in milliseconds; 0 if it does not. */
  readonly retryAfter: number;
}

/** A circuit breaker at one moment. */
export interface CircuitBreakerStatus {
  /** The origin, or the endpoint's URL. */
  readonly place: string;
  readonly state: CircuitBreakerState;
  /** Failures in a row. */
  readonly failures: number;
  /** Requests in the window. */
  readonly requests: number;
  /** The part of them that failed, from 0 to 1. */
  readonly failureRate: number;
  /** How long it stays open, in milliseconds; 0 if it is not. */
  readonly retryAfter: number;
  /** How often it has opened. */
  readonly openedTotal: number;
  /** How many requests it has refused. */
  readonly refusedTotal: number;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['circuitBreaker']>;
type Numbers = ReturnType<Binding['clientBreakers']>[number];

const NAMES: readonly (keyof CircuitBreakerOptions)[] = [
  'failureThreshold',
  'recoveryTimeout',
  'failureRate',
  'minimumRequests',
  'window',
  'halfOpenRequests',
  'monitoringEnabled',
];

const changes = channel('warmline:circuit-breaker');
let published = false;

/**
 * Checks a client's `circuitBreaker` option; `rest` is for how long it takes an endpoint out that fails.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkCircuitBreaker(
  breaker: CircuitBreakerOptions | false = {},
  rest?: number,
): { circuitBreaker?: Settings } {
  if (breaker === false) return {};
  checkNames('circuitBreaker', breaker, NAMES);
  const {
    failureThreshold,
    recoveryTimeout,
    failureRate,
    window,
    monitoringEnabled = true,
  } = breaker;
  if (typeof monitoringEnabled !== 'boolean') {
    throw invalid('circuitBreaker.monitoringEnabled', 'true or false', monitoringEnabled);
  }
  const count = whole('circuitBreaker', 1);
  const millis = time('circuitBreaker');
  return {
    circuitBreaker: {
      ...given('failureThreshold', failureThreshold, count),
      ...given('recoveryTimeout', recoveryTimeout ?? rest, millis),
      ...given('failureRate', failureRate, (name, rate) => {
        if (typeof rate === 'number' && rate > 0 && rate <= 1) return rate;
        throw invalid(`circuitBreaker.${name}`, 'a number above 0, up to 1', rate);
      }),
      ...given('minimumRequests', breaker.minimumRequests, count),
      ...given('window', window, millis),
      ...given('halfOpenRequests', breaker.halfOpenRequests, count),
      monitored: monitoringEnabled,
    },
  };
}

/** Publishes the changes of circuit breakers in this thread, from the first call on. */
export function publishChanges(): void {
  if (published) return;
  published = true;
  binding().watchCircuitBreakers((change) => {
    changes.publish(change satisfies Unnamed<CircuitBreakerChange>);
  });
}

/** A breaker, as the engine says it. */
export function circuitBreaker(numbers: Numbers): CircuitBreakerStatus {
  const { opened, refused, state, ...rest } = numbers;
  return {
    ...rest,
    state: state as CircuitBreakerState,
    openedTotal: opened,
    refusedTotal: refused,
  };
}

/** With any text where the engine is known to say one of a few words. */
type Unnamed<T> = { [Name in keyof T]: T[Name] extends string ? string : T[Name] };
