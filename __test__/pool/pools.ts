import { randomUUID } from 'node:crypto';
import { SimpleConnectionPool } from 'warmline';

/** A pool that no other test knows: pools live as long as the process. */
export function freshPool(): SimpleConnectionPool {
  return new SimpleConnectionPool(`test-${randomUUID()}`);
}

/** Leases a connection that there must be room for. */
export function leased(pool: SimpleConnectionPool, endpoint: string): string {
  const id = pool.getConnection(endpoint);
  if (id === null) throw new Error(`no room for a lease to ${endpoint}`);
  return id;
}
