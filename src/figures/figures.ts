/** What clients measure of themselves, as the engine reports it. */

import { binding } from '../native/load.js';

/** A client under the name that its figures go by. */
export interface NamedClient {
  readonly name: string;
  /** On the engine. */
  readonly number: number;
}

/** Many durations, in milliseconds; quantiles are `null` before the first. */
export interface Times {
  readonly count: number;
  readonly mean_ms: number;
  readonly p50_ms: number | null;
  readonly p90_ms: number | null;
  readonly p99_ms: number | null;
}

/** How often requests failed so. */
export interface FailureCount {
  readonly code: string;
  readonly phase: string;
  readonly count: number;
}

/** Metrics of a pool by name, as far as somebody here reads them; the engine's table has all. */
export interface PoolFigures {
  readonly [name: string]: number | Times | readonly FailureCount[];
  readonly connections_active: number;
  readonly connections_idle: number;
  readonly connections_pending: number;
  readonly connections_total: number;
  readonly connections_created_total: number;
  readonly connections_closed_total: number;
  readonly connection_errors_total: number;
  readonly connection_timeouts_total: number;
  readonly connection_checkouts_total: number;
  readonly connection_reuses_total: number;
  readonly pool_utilization_percent: number;
  readonly max_connections: number;
  readonly max_keepalive_connections: number;
  readonly pending_requests: number;
  readonly total_requests: number;
  readonly error_count: number;
  readonly response_head_seconds: Times;
}

/** Metrics of an origin by name, as far as somebody here reads them. */
export interface OriginFigures {
  readonly origin: string;
  readonly provider: string;
  readonly requests_total: Readonly<
    Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'error', number>
  >;
  readonly origin_connections: Readonly<Record<'active' | 'idle' | 'pending', number>>;
  readonly request_failures_total: readonly FailureCount[];
  readonly response_head_seconds: Times;
  readonly time_to_first_token_seconds: Times;
  readonly inter_token_seconds: Times;
  readonly stream_events_total: number;
  readonly retries_total: number;
  readonly cooldown_left_seconds: number;
  /** `null` where there is no such limit. */
  readonly rate_limit_requests_left: number | null;
  readonly rate_limit_tokens_left: number | null;
}

/** Metrics of a place that has a breaker, or whose health is looked at; those of what it has not are `null`. */
export interface PlaceFigures {
  readonly place: string;
  readonly circuit_breaker_state: Readonly<
    Partial<Record<'closed' | 'open' | 'half_open', number>>
  >;
  readonly circuit_breaker_failures: number | null;
  readonly circuit_breaker_recent_requests: number | null;
  readonly circuit_breaker_recent_failure_rate: number | null;
  readonly circuit_breaker_retry_after_seconds: number | null;
  readonly circuit_breaker_opened_total: number | null;
  readonly circuit_breaker_refused_total: number | null;
  readonly place_health: Readonly<Partial<Record<'healthy' | 'degraded' | 'unhealthy', number>>>;
}

/** Metrics of a model by name, as far as somebody here reads them. */
export interface ModelFigures {
  readonly provider: string;
  readonly model: string;
}

/** Metrics of a JavaScript thread by name, as far as somebody here reads them. */
export interface ThreadFigures {
  /** Such as `main`, or `worker-3`. */
  readonly thread: string;
  readonly event_loop_lag_seconds: Times;
}

/** What is reported of one pool. */
export interface PoolReport {
  readonly pool: PoolFigures;
  readonly origins: readonly OriginFigures[];
  readonly places: readonly PlaceFigures[];
  readonly models: readonly ModelFigures[];
}

/** The figures of all pools that are watched. */
export interface Figures {
  /** All pools taken for one; `null` once all are closed. */
  readonly all: PoolFigures | null;
  readonly pools: Readonly<Record<string, PoolReport>>;
  /** The threads that have used the engine. */
  readonly threads: readonly ThreadFigures[];
}

/** A metric, as far as others need to know it. */
export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly string[];
  /** What reports have it for each of. */
  readonly of: 'pool' | 'origin' | 'place' | 'model' | 'thread';
  /** Whether they also have it for each pool, its origins added up. */
  readonly summed: boolean;
}

/** All metrics that the engine reports. */
export function metricsTable(): readonly MetricDescription[] {
  return JSON.parse(binding().metricsTable());
}

/** The figures now. They are read and written out on a thread of Node's pool; here they are only parsed. */
export async function readFigures(clients: readonly NamedClient[]): Promise<Figures> {
  const text = await binding().metricsReport([...clients]);
  return JSON.parse(text.toString());
}

/**
 * The figures now in the Prometheus text format, or in OpenMetrics without its last line, with `more` after them and as
 * gzip if so wanted: all of it is made on a thread of Node's pool.
 */
export function readText(
  clients: readonly NamedClient[],
  openMetrics: boolean,
  { more = '', gzip = false } = {},
): Promise<Buffer<ArrayBuffer>> {
  return binding().metricsText([...clients], openMetrics, more, gzip);
}
