/**
 * warmline: the native connection pool and HTTP engine for LLM clients in Node.
 *
 * @packageDocumentation
 */

export { ClientResponse, type RequestOptions, type RequestTimings } from './client/call.js';
export { HttpClient, type PoolMetrics } from './client/http-client.js';
export type { Http2, HttpClientOptions } from './client/options.js';
export type { Pem, TlsOptions } from './client/tls.js';
export { fetch } from './fetch/fetch.js';
export type { FetchInit } from './fetch/request.js';
export { type Phase, WarmlineError } from './native/error.js';
export { isNativeAvailable, NativeUnavailableError } from './native/load.js';
export type { Timeouts } from './native/timeouts.js';
export {
  getPatchStatus,
  type PatchedTarget,
  type PatchOptions,
  type PatchStatus,
  patch,
  unpatch,
} from './patch/patch.js';
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
