const PREFIX = 'conn_';
const ZERO = 48;
const SEPARATOR = 95;
/** A lease's number is its slot in the engine's table and, above 16 bits, how often that was filled. */
const SLOTS = 0x1_0000;
/** 37 bits of generation, 16 of slot. */
const LONGEST = PREFIX.length + 12 + 1 + 5;

/**
 * The id that people see of a lease. Its two small numbers are written far faster than the one large
 * number that they make.
 */
export function leaseId(lease: number): string {
  const slot = lease % SLOTS;
  return `${PREFIX + (lease - slot) / SLOTS}_${slot}`;
}

/** The lease of an id; 0, which no lease has, for anything that is not one. */
export function leaseNumber(id: unknown): number {
  if (typeof id !== 'string' || id.length > LONGEST || !id.startsWith(PREFIX)) return 0;
  let at = PREFIX.length;
  let generation = 0;
  for (; at < id.length; at++) {
    const code = id.charCodeAt(at);
    if (code === SEPARATOR) break;
    const digit = code - ZERO;
    // A second spelling of the same number is no id.
    if (digit < 0 || digit > 9 || (digit === 0 && generation === 0)) return 0;
    generation = generation * 10 + digit;
  }
  const first = ++at;
  if (first >= id.length) return 0;
  let slot = 0;
  for (; at < id.length; at++) {
    const digit = id.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9 || (digit === 0 && slot === 0 && id.length > first + 1)) return 0;
    slot = slot * 10 + digit;
  }
  const lease = generation * SLOTS + slot;
  return slot < SLOTS && Number.isSafeInteger(lease) ? lease : 0;
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
