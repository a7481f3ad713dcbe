const PREFIX = 'conn_';
const form = /^conn_([1-9][0-9]{0,15})$/;

/** The id that people see of a lease. */
export function leaseId(lease: number): string {
  return PREFIX + lease;
}

/** The lease of an id; 0, which no lease has, for anything that is not one. */
export function leaseNumber(id: unknown): number {
  if (typeof id !== 'string' || !form.test(id)) return 0;
  const lease = Number(id.slice(PREFIX.length));
  return Number.isSafeInteger(lease) ? lease : 0;
}
