const PREFIX = 'conn_';
const ZERO = 48;
/** 2^53 - 1, the largest lease, has sixteen digits. */
const LONGEST = PREFIX.length + 16;

/** The id that people see of a lease. */
export function leaseId(lease: number): string {
  return PREFIX + lease;
}

/** The lease of an id; 0, which no lease has, for anything that is not one. */
export function leaseNumber(id: unknown): number {
  if (typeof id !== 'string' || id.length > LONGEST || !id.startsWith(PREFIX)) return 0;
  let lease = 0;
  for (let i = PREFIX.length; i < id.length; i++) {
    const digit = id.charCodeAt(i) - ZERO;
    // A second spelling of the same number is no id.
    if (digit < 0 || digit > 9 || (digit === 0 && lease === 0)) return 0;
    lease = lease * 10 + digit;
  }
  return Number.isSafeInteger(lease) ? lease : 0;
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
