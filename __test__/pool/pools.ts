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

/** The error with which a promise rejects. Fails if it fulfils. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (value) => {
      throw new Error(`expected a rejection, but it fulfilled with ${String(value)}`);
    },
    (error: unknown) => error,
  );
}
