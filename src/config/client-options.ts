/** What the settings of a configuration are as options of an `HttpClient`. */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { HttpClientOptions } from '../client/options.js';
import type { TlsOptions } from '../client/tls.js';
import type { HealthCheckOptions } from '../client/upkeep.js';
import type { FleetOptions } from '../fleet/store.js';
import { LONGEST, type Timeouts } from '../native/timeouts.js';
import { defined } from './defined.js';
import type { Layer, Provider } from './schema/root.js';
import type { Canonical } from './spelling.js';

type Deadlines = NonNullable<Canonical['timeout']>;
type Features = NonNullable<Canonical['features']>;

/**
 * The options for `settings`.
 *
 * @param file whose paths are relative to it.
 * @throws what the file system says of a certificate or key.
 */
export function clientOptions(settings: Canonical, file: string): HttpClientOptions {
  const { pool_limits: limits = {}, timeout = {}, health = {}, features = {} } = settings;
  return defined({
    maxConnections: limits.max_connections,
    maxKeepaliveConnections:
      features.connection_reuse === false ? 0 : limits.max_keepalive_connections,
    keepaliveExpiry: limits.keepalive_expiry,
    ...deadlines(timeout),
    cleanupInterval: health.force_cleanup === false ? false : health.cleanup_interval,
    healthCheck: section(healthCheck(health), (said) => said),
    ...resilience(settings),
    ...abilities(features),
    proxy: settings.proxy,
    tls: settings.tls === undefined ? undefined : tls(settings.tls, file),
  });
}

/** `connectTimeout` leaves the total as it is, where an object of deadlines would have none. */
function deadlines({ connect, write, ...said }: Deadlines): HttpClientOptions {
  const timeout: Timeouts = defined({
    total: said.total,
    firstByte: said.first_byte ?? said.read,
    idle: said.idle ?? said.read,
    pool: said.pool,
  });
  return defined({
    connectTimeout: connect,
    writeTimeout: write,
    timeout: Object.keys(timeout).length === 0 ? undefined : timeout,
  });
}

function healthCheck(health: NonNullable<Canonical['health']>): HealthCheckOptions {
  return defined({
    // Once in 49 days.
    interval: health.enabled === false ? LONGEST : health.check_interval,
    unhealthyThreshold: health.unhealthy_threshold,
    timeout: health.health_check_timeout,
  });
}

/** What a provider allows. */
export function rateLimit({ rate_limit: said }: Pick<Provider, 'rate_limit'>): HttpClientOptions {
  return defined({
    rateLimit: section(said, (limit) =>
      defined({
        requestsPerMinute: limit.requests_per_minute,
        tokensPerMinute: limit.tokens_per_minute,
        concurrentRequests: limit.concurrent_requests,
      }),
    ),
  });
}

/** Neither where nothing is said of it. */
function resilience({ retry, circuit_breaker: breaker }: Canonical): HttpClientOptions {
  return defined({
    retry: section(retry, ({ enabled, ...said }) =>
      enabled === false
        ? false
        : defined({
            attempts: said.attempts,
            backoffFactor: said.backoff_factor,
            backoffMaxDelay: said.backoff_max_delay,
            statusCodes: said.retry_status_codes,
            exceptions: said.retry_on_exceptions,
          }),
    ),
    circuitBreaker: section(breaker, ({ enabled, ...said }) =>
      enabled === false
        ? false
        : defined({
            failureThreshold: said.failure_threshold,
            recoveryTimeout: said.recovery_timeout,
            monitoringEnabled: said.monitoring_enabled,
          }),
    ),
  });
}

function section<Said extends object, Option>(
  said: Said | undefined,
  option: (said: Said) => Option,
): Option | undefined {
  return said === undefined || Object.keys(said).length === 0 ? undefined : option(said);
}

function abilities(features: Features): HttpClientOptions {
  return defined({
    http2: features.http2_enabled === false ? 'never' : undefined,
    dns: features.dns_cache_enabled === false ? { ttl: 0, negativeTtl: 0, staleTtl: 0 } : undefined,
    tcpKeepalive: features.tcp_keepalive === false ? false : undefined,
    decompress: features.compression,
  });
}

function tls(said: NonNullable<Canonical['tls']>, file: string): TlsOptions {
  const read = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(resolve(dirname(file), path), 'utf8');
  return defined({
    ca: read(said.ca_file),
    cert: read(said.cert_file),
    key: read(said.key_file),
    passphrase: said.passphrase,
    minVersion: said.min_version,
  });
}

/** What every client learns from its traffic. */
export function learning({
  analytics: said = {},
}: Pick<Layer, 'analytics'>): Pick<HttpClientOptions, 'analytics' | 'scaling'> {
  if (said.enabled !== true) return {};
  const {
    collect_connection_patterns: connectionPatterns = true,
    collect_performance_metrics: performanceMetrics = true,
  } = said;
  const collects = connectionPatterns || performanceMetrics;
  return defined({
    analytics: collects ? { connectionPatterns, performanceMetrics } : undefined,
    scaling:
      said.enable_predictive_scaling === true
        ? defined({
            predictionWindow: said.scaling_prediction_window,
            cooldownPeriod: said.scaling_cooldown_period,
          })
        : undefined,
  });
}

/** How a client chooses among the endpoints of its provider. */
export function balancing(
  said: Provider['endpoints'],
  distributed: Layer['distributed_pool'] = {},
): Pick<HttpClientOptions, 'endpoints' | 'balance' | 'failover'> {
  if (said === undefined) return {};
  const endpoints = said.map((endpoint) =>
    typeof endpoint === 'string' ? endpoint : { url: endpoint.url, weight: endpoint.weight ?? 1 },
  );
  const { enabled, connection_affinity, failover_enabled, failover_timeout } = distributed;
  if (enabled !== true) return { endpoints };
  return defined({
    endpoints,
    balance: connection_affinity && BALANCES[connection_affinity],
    failover: failover_enabled === false ? false : defined({ timeout: failover_timeout }),
  });
}

/** Where processes meet, if they do. */
export function fleetOptions(said: Layer['distributed_pool'] = {}): FleetOptions | undefined {
  if (said.enabled !== true || said.redis_url === undefined) return undefined;
  return {
    redisUrl: said.redis_url,
    shards: said.pool_sharding === true ? (said.shard_count ?? 4) : 1,
    interval: said.health_check_interval ?? 30_000,
  };
}

const BALANCES = {
  sticky: 'sticky',
  round_robin: 'round-robin',
  least_loaded: 'least-loaded',
} as const;
