const PREFIX = 'conn_';
const form = /^conn_([1-9][0-9]{0,15})$/;

/** The id that people see of a lease. */
export function leaseId(lease: number): string {
  return PREFIX + lease;
}

/**
 * The lease that a request is to go out on; 0 for none in particular.
 *
 * @throws {TypeError} for what is not even the form of an id: it must not go out on any other.
 */
export function leaseOf(id: string | undefined): number {
  if (id === undefined) return 0;
  const lease = leaseNumber(id);
  if (lease !== 0) return lease;
  const message = `connection: ${String(id)} is not a connection id`;
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
}

/** The lease of an id; 0, which no lease has, for anything that is not one. */
export function leaseNumber(id: unknown): number {
  if (typeof id !== 'string' || !form.test(id)) return 0;
  const lease = Number(id.slice(PREFIX.length));
  return Number.isSafeInteger(lease) ? lease : 0;
}
