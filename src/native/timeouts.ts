import { invalid, unknown } from './invalid.js';
import type { TimeoutWords } from './link.js';

/** The deadlines of a request, in milliseconds. One that is left out is the client's own. */
export interface Timeouts {
  /** Name look-up, TCP and TLS together. */
  connect?: number;
  /** From the request on the wire to the response's head; the time to send a streamed body does not count. */
  firstByte?: number;
  /** Between two pieces of the response's body. */
  idle?: number;
  /** From the call to the end of the response's body. */
  total?: number;
  /** Waiting for a free place in the pool. */
  pool?: number;
}

const NAMES = ['connect', 'firstByte', 'idle', 'total', 'pool'] as const;
/** The longest duration that can be stated, in milliseconds: 49 days. */
export const LONGEST: number = 0xffff_fffe;

/**
 * Checks deadlines; a plain number is the total.
 *
 * @throws {TypeError} for anything but whole milliseconds of at least one, and for unknown names.
 */
export function checkTimeouts(timeout: number | Timeouts | undefined): TimeoutWords | undefined {
  if (timeout === undefined) return undefined;
  if (typeof timeout === 'number') return { total: duration('timeout', timeout) };
  if (timeout === null || typeof timeout !== 'object') {
    throw invalid('timeout', 'a positive number of milliseconds or an object of them', timeout);
  }
  for (const name of Object.keys(timeout)) {
    if (!(NAMES as readonly string[]).includes(name)) throw unknown(`timeout.${name}`, NAMES);
  }
  const checked: { -readonly [Name in keyof TimeoutWords]: number } = {};
  for (const name of NAMES) {
    const value = timeout[name];
    if (value !== undefined) checked[name] = duration(`timeout.${name}`, value);
  }
  return checked;
}

/** A duration in whole milliseconds. */
export function duration(name: string, value: number): number {
  if (typeof value !== 'number' || !(value > 0)) {
    throw invalid(name, 'a positive number of milliseconds', value);
  }
  return Math.min(Math.ceil(value), LONGEST);
}

/** A duration in whole milliseconds, perhaps of none at all. */
export function durationOrNone(name: string, value: number): number {
  if (value === 0) return 0;
  if (typeof value === 'number' && value > 0) return duration(name, value);
  throw invalid(name, 'a number of milliseconds, or 0', value);
}
