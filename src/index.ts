/**
 * warmline: the native connection pool and HTTP engine for LLM clients in Node.
 *
 * @packageDocumentation
 */

export type { ActiveChecks } from './client/active-checks.js';
export {
  type Analytics,
  type AnalyticsHour,
  type AnalyticsOptions,
  getAnalytics,
} from './client/analytics.js';
export { ClientResponse, type RequestOptions } from './client/call.js';
export type {
  CircuitBreakerChange,
  CircuitBreakerOptions,
  CircuitBreakerState,
  CircuitBreakerStatus,
} from './client/circuit-breaker.js';
export { type Cooldown, type CooldownOptions, getCooldowns } from './client/cooldown.js';
export type { DefaultClientOptions, ProviderOptions } from './client/default-client.js';
export type { DnsOptions } from './client/dns.js';
export type { Balance, Endpoint, EndpointStatus, FailoverOptions } from './client/endpoints.js';
export type { HealthOptions, HealthStatus } from './client/health.js';
export type { HedgeOptions } from './client/hedge.js';
export { HttpClient, type PoolMetrics } from './client/http-client.js';
export type { FoundAddress, LookupFunction } from './client/lookup.js';
export type { DecompressOptions, Http2, HttpClientOptions } from './client/options.js';
export type { RateLimit, RateLimitOptions, RateLimitStatus } from './client/rate-limit.js';
export type { RetryBudget, RetryException, RetryOptions } from './client/retry.js';
export type { ScalingOptions } from './client/scaling.js';
export type { Pem, TlsOptions } from './client/tls.js';
export { type ConnectFunction, createTunnel, type Tunnel } from './client/tunnel.js';
export type { HealthCheckOptions } from './client/upkeep.js';
export { type ConfigureOptions, configure } from './config/configure.js';
export { fetch } from './fetch/fetch.js';
export type { FetchInit } from './fetch/request.js';
export type { TimedResponse } from './fetch/response.js';
export { type FleetLimit, getFleetLimits } from './fleet/fleet.js';
export type { Destination } from './gateway/destination.js';
export { type PassThrough, passThrough } from './gateway/pass-through.js';
export { type PipeOptions, pipe } from './gateway/pipe.js';
export type { PipeReport } from './gateway/report.js';
export { CircuitOpenError } from './native/circuit-open.js';
export type { Compression } from './native/compression.js';
export { type Phase, WarmlineError } from './native/error.js';
export type { RequestTimings, ResponseConnection } from './native/facts.js';
export { isNativeAvailable, NativeUnavailableError } from './native/load.js';
export type { RequestPriority } from './native/priority.js';
export type { Timeouts } from './native/timeouts.js';
export type { PatchStatistics } from './patch/account.js';
export {
  disablePatches,
  enablePatches,
  getPatchStatus,
  type PatchOptions,
  type PatchStatus,
  patch,
  unpatch,
  unpatchAll,
} from './patch/patch.js';
export type { PatchedTarget } from './patch/registry.js';
export {
  type AcquireOptions,
  type ConnectionInfo,
  type PoolStats,
  SimpleConnectionPool,
} from './pool/connection-pool.js';
export {
  acquireConnection,
  cleanupExpiredConnections,
  connectionReady,
  getConnection,
  getConnectionPoolStats,
  healthCheckConnection,
  removeConnection,
  returnConnection,
} from './pool/default-pool.js';
export { events, type ServerSentEvent } from './sse/events.js';
export { ProviderError } from './sse/provider-error.js';
export { type TextDeltas, type TokenUsage, textDeltas } from './sse/text-deltas.js';
export { UnexpectedResponseError } from './sse/unexpected-response.js';
export { createDispatcher, type DispatcherOptions, type Undici } from './undici/dispatcher.js';
