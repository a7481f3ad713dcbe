import { invalid } from '../native/invalid.js';
import { type Binding, binding } from '../native/load.js';
import { checkNames } from './checks.js';

/** What an {@link HttpClient} counts by origin and hour, for a week. */
export interface AnalyticsOptions {
  /** Requests, on how many connections they went, and how many there were at once. Default `true`. */
  connectionPatterns?: boolean;
  /** How long connecting and answering took, and what failed. Default `true`. */
  performanceMetrics?: boolean;
}

/** One origin in one hour. What was not to be collected is left out. */
export interface AnalyticsHour {
  /** When the hour began, in seconds since 1970. */
  readonly hour: number;
  /** `'other'` for those beyond 64 in an hour. */
  readonly origin: string;
  readonly requests?: number;
  /** Requests on a connection that was open already. */
  readonly reused?: number;
  readonly reuse_rate?: number;
  readonly connections_opened?: number;
  readonly most_requests_at_once?: number;
  readonly connections_timed?: number;
  readonly avg_connect_time_ms?: number;
  readonly max_connect_time_ms?: number;
  readonly responses?: number;
  /** From call to response head. */
  readonly avg_response_time_ms?: number;
  readonly max_response_time_ms?: number;
  readonly errors?: number;
  /** By the status of a response from 400 on, or the code of a failure. */
  readonly errors_by_reason?: Readonly<Record<string, number>>;
}

/** What a client has counted: plain JSON, in the reference's spelling. */
export interface Analytics {
  readonly collect_connection_patterns: boolean;
  readonly collect_performance_metrics: boolean;
  /** The oldest first. */
  readonly hours: readonly AnalyticsHour[];
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['analytics']>;

const NAMES: readonly (keyof AnalyticsOptions)[] = ['connectionPatterns', 'performanceMetrics'];

/**
 * Checks a client's `analytics` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkAnalytics(analytics: boolean | AnalyticsOptions = false): {
  analytics?: Settings;
} {
  if (analytics === false) return {};
  const options = analytics === true ? {} : analytics;
  checkNames('analytics', options, NAMES);
  for (const name of NAMES) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'boolean') {
      throw invalid(`analytics.${name}`, 'true or false', value);
    }
  }
  const { connectionPatterns = true, performanceMetrics = true } = options;
  return { analytics: { connectionPatterns, performanceMetrics } };
}

/** What a client has counted, as the engine says it. */
export function analyticsOf(json: string | null | undefined): Analytics {
  if (typeof json === 'string') return JSON.parse(json) as Analytics;
  return { collect_connection_patterns: false, collect_performance_metrics: false, hours: [] };
}

/**
 * What the default client of this process and its providers have counted by origin and hour, in all threads. No hours
 * unless `analytics` of {@link configure} is on.
 *
 * @throws {NativeUnavailableError} without a native binary for this platform.
 *
 * @example
 * ```ts
 * import { configure, fetch, getAnalytics } from 'warmline'
 *
 * configure({ analytics: true })
 * await (await fetch('https://api.openai.com/v1/models')).text()
 * console.log(JSON.stringify(getAnalytics()))
 * ```
 */
export function getAnalytics(): Analytics {
  const all = binding().sharedAnalytics().map(analyticsOf);
  return {
    collect_connection_patterns: all.some((client) => client.collect_connection_patterns),
    collect_performance_metrics: all.some((client) => client.collect_performance_metrics),
    hours: all.flatMap(({ hours }) => hours).sort((one, other) => one.hour - other.hour),
  };
}
