import {
  type AcquireOptions,
  type ConnectionInfo,
  type PoolStats,
  SimpleConnectionPool,
} from './connection-pool.js';

let pool: SimpleConnectionPool | undefined;

function defaultPool(): SimpleConnectionPool {
  pool ??= new SimpleConnectionPool();
  return pool;
}

/** {@link SimpleConnectionPool.getConnection} on the pool that `fetch` uses. */
export function getConnection(endpoint: string): string | null {
  return defaultPool().getConnection(endpoint);
}

/** {@link SimpleConnectionPool.acquireConnection} on the pool that `fetch` uses. */
export function acquireConnection(endpoint: string, options?: AcquireOptions): Promise<string> {
  return defaultPool().acquireConnection(endpoint, options);
}

/** {@link SimpleConnectionPool.connectionReady} on the pool that `fetch` uses. */
export function connectionReady(id: string): Promise<ConnectionInfo> {
  return defaultPool().connectionReady(id);
}

/** {@link SimpleConnectionPool.returnConnection} on the pool that `fetch` uses. */
export function returnConnection(id: string): boolean {
  return defaultPool().returnConnection(id);
}

/** {@link SimpleConnectionPool.removeConnection} on the pool that `fetch` uses. */
export function removeConnection(id: string): boolean {
  return defaultPool().removeConnection(id);
}

/** {@link SimpleConnectionPool.healthCheck} on the pool that `fetch` uses. */
export function healthCheckConnection(id: string): boolean {
  return defaultPool().healthCheck(id);
}

/** {@link SimpleConnectionPool.cleanup} on the pool that `fetch` uses. */
export function cleanupExpiredConnections(): number {
  return defaultPool().cleanup();
}

/** {@link SimpleConnectionPool.getStats} on the pool that `fetch` uses. */
export function getConnectionPoolStats(): PoolStats {
  return defaultPool().getStats();
}
