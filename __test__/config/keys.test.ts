import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { type Config, validateConfig } from 'warmline/config';
import { CertificateAuthority } from '../servers/certificates.js';
import { keysOfSchema } from './schema-keys.js';

const folder = mkdtempSync(join(tmpdir(), 'warmline-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = new CertificateAuthority('authority');
const { cert, key } = authority.issue({ name: 'caller' });
for (const [name, pem] of Object.entries({ ca: authority.cert, cert, key })) {
  writeFileSync(join(folder, `${name}.pem`), pem);
}

function read(yaml: string): Config {
  const { config, issues } = validateConfig(yaml, { env: {}, file: join(folder, 'warmline.yaml') });
  expect(issues).toEqual([]);
  return config as Config;
}

/** A key of a client, a value for it, and the options that it comes to. */
const CLIENT: Record<string, [yaml: string, options: object]> = {
  max_connections: ['7', { maxConnections: 7 }],
  max_keepalive_connections: ['7', { maxKeepaliveConnections: 7 }],
  keepalive_expiry: ['7', { keepaliveExpiry: 7000 }],
  'pool_limits.max_connections': ['7', { maxConnections: 7 }],
  'pool_limits.max_keepalive_connections': ['7', { maxKeepaliveConnections: 7 }],
  'pool_limits.keepalive_expiry': ['250ms', { keepaliveExpiry: 250 }],
  'pool_limits.pool_block_timeout': ['7', { timeout: { pool: 7000 } }],
  timeout: ['7.5', { timeout: { total: 7500 } }],
  'timeout.total': ['7', { timeout: { total: 7000 } }],
  'timeout.connect': ['7', { connectTimeout: 7000 }],
  connect_timeout: ['7', { connectTimeout: 7000 }],
  'timeout.read': ['7', { timeout: { firstByte: 7000, idle: 7000 } }],
  'timeout.first_byte': ['7', { timeout: { firstByte: 7000 } }],
  'timeout.idle': ['2m', { timeout: { idle: 120_000 } }],
  'timeout.write': ['7', { writeTimeout: 7000 }],
  'timeout.pool': ['7', { timeout: { pool: 7000 } }],
  'health.enabled': ['false', { healthCheck: { interval: 0xffff_fffe } }],
  'health.check_interval': ['7', { healthCheck: { interval: 7000 } }],
  'health.unhealthy_threshold': ['7', { healthCheck: { unhealthyThreshold: 7 } }],
  'health.health_check_timeout': ['7', { healthCheck: { timeout: 7000 } }],
  'health.cleanup_interval': ['300', { cleanupInterval: 300_000 }],
  'health.force_cleanup': ['false', { cleanupInterval: false }],
  'features.http2_enabled': ['false', { http2: 'never' }],
  'features.connection_reuse': ['false', { maxKeepaliveConnections: 0 }],
  'features.dns_cache_enabled': ['false', { dns: { ttl: 0, negativeTtl: 0, staleTtl: 0 } }],
  'features.tcp_keepalive': ['false', { tcpKeepalive: false }],
  'features.compression': ['false', { decompress: false }],
  retry_attempts: ['7', { retry: { attempts: 7 } }],
  retry_backoff_factor: ['0.7', { retry: { backoffFactor: 0.7 } }],
  'retry.enabled': ['false', { retry: false }],
  'retry.attempts': ['7', { retry: { attempts: 7 } }],
  'retry.backoff_factor': ['0.7', { retry: { backoffFactor: 0.7 } }],
  'retry.backoff_max_delay': ['7', { retry: { backoffMaxDelay: 7000 } }],
  'retry.retry_status_codes': ['[429, 503]', { retry: { statusCodes: [429, 503] } }],
  'retry.status_codes': ['[429, 503]', { retry: { statusCodes: [429, 503] } }],
  'retry.retry_on_exceptions': [
    '[ConnectError, ECONNRESET]',
    { retry: { exceptions: ['ConnectError', 'ECONNRESET'] } },
  ],
  'circuit_breaker.enabled': ['false', { circuitBreaker: false }],
  'circuit_breaker.failure_threshold': ['7', { circuitBreaker: { failureThreshold: 7 } }],
  'circuit_breaker.recovery_timeout': ['7', { circuitBreaker: { recoveryTimeout: 7000 } }],
  'circuit_breaker.monitoring_enabled': ['false', { circuitBreaker: { monitoringEnabled: false } }],
  proxy: ['http://127.0.0.1:3128', { proxy: 'http://127.0.0.1:3128' }],
  'tls.min_version': ['TLSv1.3', { tls: { minVersion: 'TLSv1.3' } }],
  'tls.ca_file': ['ca.pem', { tls: { ca: authority.cert } }],
};

/** Other keys: a file, what of its configuration the key decides, and what it comes to. */
const OTHERS: Record<string, [yaml: string, part: (config: Config) => unknown, value: unknown]> = {
  'http_client.enabled': ['http_client: { enabled: false }', (config) => config.enabled, false],
  'http_client.tls.cert_file': [
    'http_client: { tls: { cert_file: cert.pem, key_file: key.pem } }',
    (config) => config.client.tls?.cert,
    cert,
  ],
  'http_client.tls.key_file': [
    'http_client: { tls: { cert_file: cert.pem, key_file: key.pem } }',
    (config) => config.client.tls?.key,
    key,
  ],
  'http_client.tls.passphrase': [
    'http_client: { tls: { passphrase: open sesame } }',
    (config) => config.client.tls?.passphrase,
    'open sesame',
  ],
  'providers.*.profile': [
    'providers: { mine: { profile: groq } }',
    (config) => config.providers['mine']?.client.keepaliveExpiry,
    300_000,
  ],
  'providers.*.base_url': [
    'providers: { mine: { base_url: "http://127.0.0.1:9/v1" } }',
    (config) => config.providers['mine']?.baseUrls,
    ['http://127.0.0.1:9/v1'],
  ],
  'providers.*.endpoints': [
    'providers: { mine: { endpoints: ["http://127.0.0.1:9", { url: "http://127.0.0.1:8", weight: 2 }] } }',
    (config) => config.providers['mine']?.client.endpoints,
    ['http://127.0.0.1:9', { url: 'http://127.0.0.1:8', weight: 2 }],
  ],
  'providers.*.rate_limit.requests_per_minute': [
    withLimit('requests_per_minute: 60'),
    (config) => config.providers['mine']?.client.rateLimit,
    { requestsPerMinute: 60 },
  ],
  'providers.*.rate_limit.tokens_per_minute': [
    withLimit('tokens_per_minute: 60'),
    (config) => config.providers['mine']?.client.rateLimit,
    { tokensPerMinute: 60 },
  ],
  'providers.*.rate_limit.concurrent_requests': [
    withLimit('concurrent_requests: 60'),
    (config) => config.providers['mine']?.client.rateLimit,
    { concurrentRequests: 60 },
  ],
  'distributed_pool.enabled': [
    withEndpoints('enabled: true, connection_affinity: sticky'),
    (config) => config.providers['mine']?.client.balance,
    'sticky',
  ],
  'distributed_pool.connection_affinity': [
    withEndpoints('enabled: true, connection_affinity: least_loaded'),
    (config) => config.providers['mine']?.client.balance,
    'least-loaded',
  ],
  'distributed_pool.failover_enabled': [
    withEndpoints('enabled: true, failover_enabled: false'),
    (config) => config.providers['mine']?.client.failover,
    false,
  ],
  'distributed_pool.failover_timeout': [
    withEndpoints('enabled: true, failover_timeout: 7'),
    (config) => config.providers['mine']?.client.failover,
    { timeout: 7000 },
  ],
  'analytics.enabled': [
    'analytics: { enabled: true }',
    (config) => config.client.analytics,
    { connectionPatterns: true, performanceMetrics: true },
  ],
  'distributed_pool.redis_url': [
    withFleet(''),
    (config) => config.fleet,
    { redisUrl: 'redis://127.0.0.1:9', shards: 1, interval: 30_000 },
  ],
  'distributed_pool.pool_sharding': [
    withFleet(', pool_sharding: true'),
    (config) => config.fleet?.shards,
    4,
  ],
  'distributed_pool.shard_count': [
    withFleet(', pool_sharding: true, shard_count: 7'),
    (config) => config.fleet?.shards,
    7,
  ],
  'distributed_pool.health_check_interval': [
    withFleet(', health_check_interval: 5'),
    (config) => config.fleet?.interval,
    5000,
  ],
  'analytics.collect_connection_patterns': [
    'analytics: { enabled: true, collect_connection_patterns: false }',
    (config) => config.client.analytics,
    { connectionPatterns: false, performanceMetrics: true },
  ],
  'analytics.collect_performance_metrics': [
    `${withProvider('')}\nanalytics: { enabled: true, collect_performance_metrics: false }`,
    (config) => config.providers['mine']?.client.analytics,
    { connectionPatterns: true, performanceMetrics: false },
  ],
  'analytics.enable_predictive_scaling': [
    'analytics: { enabled: true, enable_predictive_scaling: true }',
    (config) => config.client.scaling,
    {},
  ],
  'analytics.scaling_prediction_window': [
    'analytics: { enabled: true, enable_predictive_scaling: true, scaling_prediction_window: 600 }',
    (config) => config.client.scaling,
    { predictionWindow: 600_000 },
  ],
  'analytics.scaling_cooldown_period': [
    `${withProvider('')}\nanalytics: { enabled: true, enable_predictive_scaling: true, scaling_cooldown_period: 60 }`,
    (config) => config.providers['mine']?.client.scaling,
    { cooldownPeriod: 60_000 },
  ],
  'alerting.connection_pool': [
    'alerting: { connection_pool: [{ name: a, condition: 1 > 0, severity: info, for: 30s }] }',
    (config) => config.alerts,
    [{ name: 'a', condition: '1 > 0', severity: 'info', for: 30_000 }],
  ],
  alerts: [
    'alerts: [{ name: a, condition: 1 > 0, severity: critical, action: scale_up }]',
    (config) => config.alerts,
    [{ name: 'a', condition: '1 > 0', severity: 'critical', action: 'scale_up' }],
  ],
};

function withProvider(more: string): string {
  return `providers: { mine: { base_url: "http://127.0.0.1:9"${more} } }`;
}

function withLimit(limit: string): string {
  return withProvider(`, rate_limit: { ${limit} }`);
}

function withFleet(more: string): string {
  return `distributed_pool: { enabled: true, redis_url: "redis://127.0.0.1:9"${more} }`;
}

function withEndpoints(distributed: string): string {
  return `
providers: { mine: { endpoints: ["http://127.0.0.1:9"] } }
distributed_pool: { ${distributed} }
`;
}

/** `{ a: { b: value } }` for `a.b`. */
const nested = (path: string, value: string): string =>
  path.split('.').reduceRight((inner, name) => `{ ${name}: ${inner} }`, value);

describe('a key', () => {
  it.each(Object.entries(CLIENT))('%s changes what it says', async (path, [value, options]) => {
    const before = read('');
    const { client } = read(nested(`http_client.${path}`, value));
    expect(client).toEqual({ ...before.client, ...options });
    expect(client).not.toEqual(before.client);
    // And a client takes it.
    await new HttpClient(client).close();
  });

  it.each(Object.entries(CLIENT))('%s does so for one provider alone', (path, [value, options]) => {
    const provider = `{ base_url: "http://127.0.0.1:9", connection_pool: ${nested(path, value)} }`;
    const { client, providers } = read(`providers: { mine: ${provider} }`);
    expect(client).toEqual(read('').client);
    expect(providers['mine']?.client).toEqual(options);
  });

  it.each(Object.entries(OTHERS))('%s changes what it says', (_, [yaml, part, value]) => {
    const config = read(yaml);
    expect(part(config)).toEqual(value);
    expect(part(config)).not.toEqual(part(read('')));
  });

  it('that is accepted is looked at here', () => {
    const others = keysOfSchema().filter((path) => {
      // The same schema as http_client's: both are looked at as that.
      if (path.startsWith('providers.*.connection_pool.')) return false;
      return !(path in OTHERS) && !(path.replace('http_client.', '') in CLIENT);
    });
    expect(others).toEqual([]);
  });

  it('of a client is a key of a provider, too', () => {
    const all = keysOfSchema();
    const below = (prefix: string) =>
      all.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
    const own = below('http_client.').filter((path) => path !== 'enabled');
    expect(below('providers.*.connection_pool.')).toEqual(own);
  });
});
