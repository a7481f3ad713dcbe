/** What figures say of how well things are. */

import type {
  Figures,
  OriginFigures,
  PlaceFigures,
  PoolFigures,
  PoolReport,
} from '../figures/figures.js';
import { type History, type OriginLately, originKey } from '../figures/history.js';
import { isNativeAvailable } from '../native/load.js';
import { type Lag, type Memory, memory, type ProcessWatch, rounded } from './process-figures.js';

/** From good to bad. */
export type Status = 'healthy' | 'degraded' | 'unhealthy';

/** One thing that was looked at, with what was seen. */
export interface Check {
  readonly status: Status;
  readonly [detail: string]: unknown;
}

/** From which values on something is degraded, and from which unhealthy. */
type Thresholds = readonly [degraded: number, unhealthy: number];

/** Of the heap's limit: V8 collects ever more from here on, and ends the process at the limit. */
const HEAP_PERCENT: Thresholds = [85, 95];
/** The reference's colours of utilisation; a full pool is not ill as long as nobody has to wait. */
const UTILIZATION_PERCENT: Thresholds = [85, Number.POSITIVE_INFINITY];
/** The reference's monitor warns above this; far above it, callers time out. */
const PENDING_REQUESTS: Thresholds = [100, 1000];
/** The reference's monitor warns above this. */
const ERROR_RATE: Thresholds = [0.1, 0.5];
/** Streams stutter for people from here on; to end a process that is busy helps nobody. */
const LAG_MS: Thresholds = [100, Number.POSITIVE_INFINITY];
/** Fewer requests than this say nothing of a provider. */
const TELLING_REQUESTS = 5;

/** The checks of `/health`. */
export function checks(
  figures: Figures,
  history: History,
  watch: ProcessWatch,
): Record<string, Check> {
  const lately = history.lately();
  const rates = {
    error_rate: rounded(lately.error_rate),
    connection_error_rate: rounded(lately.connection_error_rate),
  };
  const failing = Math.max(lately.error_rate, lately.connection_error_rate);
  return {
    engine: { status: isNativeAvailable() ? 'healthy' : 'unhealthy' },
    memory: memoryCheck(memory()),
    event_loop: lagCheck(watch.lag()),
    connection_pool: poolCheck(figures.all),
    requests: { status: graded(failing, ERROR_RATE), ...rates, seconds: rounded(lately.seconds) },
  };
}

/** The worst of some; healthy where there is none. */
export function worst(all: Iterable<Check>): Status {
  const found = new Set([...all].map(({ status }) => status));
  if (found.has('unhealthy')) return 'unhealthy';
  return found.has('degraded') ? 'degraded' : 'healthy';
}

/** The check of one pool. */
export function poolCheck(pool: PoolFigures | null): Check {
  if (pool === null) return { status: 'unhealthy', reason: 'the client is closed' };
  const status = worst([
    { status: graded(pool.pool_utilization_percent, UTILIZATION_PERCENT) },
    { status: graded(pool.pending_requests, PENDING_REQUESTS) },
  ]);
  return {
    status,
    pool_utilization_percent: rounded(pool.pool_utilization_percent),
    pending_requests: pool.pending_requests,
    connections_active: pool.connections_active,
    connections_idle: pool.connections_idle,
    connections_total: pool.connections_total,
    max_connections: pool.max_connections,
    connection_errors_total: pool.connection_errors_total,
    connection_timeouts_total: pool.connection_timeouts_total,
  };
}

/** The check of a client's circuit breakers: each that is not closed keeps requests from some place. */
export function breakerCheck({ pool, places }: PoolReport): Check {
  const counts = { closed: 0, half_open: 0, open: 0 };
  const shown: [string, object][] = [];
  for (const place of places) {
    const { closed = 0, half_open = 0, open = 0 } = place.circuit_breaker_state;
    if (closed + half_open + open === 0) continue;
    counts.closed += closed;
    counts.half_open += half_open;
    counts.open += open;
    shown.push([
      place.place,
      {
        state: open > 0 ? 'open' : half_open > 0 ? 'half_open' : 'closed',
        failures: place.circuit_breaker_failures,
        recent_requests: place.circuit_breaker_recent_requests,
        recent_failure_rate: rounded(place.circuit_breaker_recent_failure_rate ?? 0),
        retry_after_ms: rounded((place.circuit_breaker_retry_after_seconds ?? 0) * 1000),
        opened_total: place.circuit_breaker_opened_total,
        refused_total: place.circuit_breaker_refused_total,
      },
    ]);
  }
  return {
    status: counts.open + counts.half_open > 0 ? 'degraded' : 'healthy',
    ...counts,
    retries_total: pool['retries_total'],
    hedges_total: pool['hedges_total'],
    cooldown_waits_total: pool['cooldown_waits_total'],
    breakers: Object.fromEntries(shown),
  };
}

/** The checks of providers: how the requests of the last minute went at each of their origins. */
export function providerChecks(figures: Figures, history: History): Record<string, Check> {
  const providers = new Map<string, Record<string, Check>>();
  for (const [pool, { origins, places }] of Object.entries(figures.pools)) {
    for (const origin of origins) {
      const of = providers.get(origin.provider) ?? {};
      const lately = history.originLately(originKey(pool, origin.origin));
      const place = places.find((one) => one.place === origin.origin);
      const check = originCheck(origin, lately, place);
      // The same origin over several pools is as well as it is over the worst of them.
      const other = of[origin.origin];
      of[origin.origin] =
        other !== undefined && worst([other, check]) === other.status ? other : check;
      providers.set(origin.provider, of);
    }
  }
  const found = [...providers].map(([provider, origins]) => [
    provider,
    { status: worst(Object.values(origins)), origins },
  ]);
  return Object.fromEntries(found);
}

function originCheck(
  origin: OriginFigures,
  lately: OriginLately,
  place: PlaceFigures | undefined,
): Check {
  const tells = lately.requests >= TELLING_REQUESTS;
  const seen = { status: tells ? graded(lately.failure_rate, ERROR_RATE) : 'healthy' } as const;
  const isOpen = (place?.circuit_breaker_state.open ?? 0) > 0;
  const { response_head_seconds: head, time_to_first_token_seconds: first } = origin;
  return {
    status: worst([seen, { status: judged(place) }, { status: isOpen ? 'degraded' : 'healthy' }]),
    recent_requests: lately.requests,
    recent_failure_rate: rounded(lately.failure_rate),
    requests: origin.requests_total,
    failures: origin.request_failures_total,
    retries: origin.retries_total,
    cooldown_left_seconds: rounded(origin.cooldown_left_seconds),
    rate_limit_requests_left: origin.rate_limit_requests_left,
    rate_limit_tokens_left: origin.rate_limit_tokens_left,
    response_time_ms: { p50: head.p50_ms, p99: head.p99_ms },
    time_to_first_token_ms: { p50: first.p50_ms, p99: first.p99_ms },
  };
}

/** What a client that looks at health thinks of a place. */
function judged(place: PlaceFigures | undefined): Status {
  const { unhealthy = 0, degraded = 0 } = place?.place_health ?? {};
  if (unhealthy > 0) return 'unhealthy';
  return degraded > 0 ? 'degraded' : 'healthy';
}

function memoryCheck(found: Memory): Check {
  return { status: graded(found.heap_used_percent, HEAP_PERCENT), ...found };
}

function lagCheck(lag: Lag): Check {
  return { status: graded(lag.p99_ms, LAG_MS), ...lag };
}

function graded(value: number, [degraded, unhealthy]: Thresholds): Status {
  if (value > unhealthy) return 'unhealthy';
  return value > degraded ? 'degraded' : 'healthy';
}
