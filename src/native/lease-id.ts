import { invalid } from './invalid.js';

/** A lease's number is its slot in the engine's table and, above 16 bits, which of the slot's leases it is. */
export const SLOTS = 0x1_0000;
const LAST_GENERATION = 0x3fff_ffff;

const PREFIX = 'conn_';
const ZERO = 48;
const LONGEST = `${PREFIX}${SLOTS - 1}_${LAST_GENERATION}`.length;

/** Ends of ids are looked up, as writing a number is the slow part of one. */
const ENDS = 1000;
const LONE_ENDS = Array.from({ length: ENDS }, (_, end) => String(end));
const PADDED_ENDS = LONE_ENDS.map((end) => end.padStart(3, '0'));

/** The ids that people see of a slot's leases, one after another. */
export class SlotIds {
  readonly #slot: number;
  /** What the ids of a thousand generations have in common, and what follows it. */
  #head = '';
  #ends: readonly string[] = LONE_ENDS;
  #thousand = -1;

  constructor(slot: number) {
    this.#slot = slot;
  }

  /** The id of the slot's lease of that generation. */
  of(generation: number): string {
    const end = generation % ENDS;
    const thousand = (generation - end) / ENDS;
    if (thousand !== this.#thousand) this.#begin(thousand);
    return this.#head + (this.#ends[end] as string);
  }

  #begin(thousand: number): void {
    this.#thousand = thousand;
    this.#head = `${PREFIX}${this.#slot}_${thousand === 0 ? '' : thousand}`;
    this.#ends = thousand === 0 ? LONE_ENDS : PADDED_ENDS;
  }
}

/** The lease of an id; 0, which no lease has, for anything that is not one. */
export function leaseNumber(id: unknown): number {
  if (typeof id !== 'string' || id.length > LONGEST || !id.startsWith(PREFIX)) return 0;
  const separator = id.indexOf('_', PREFIX.length);
  const slot = digits(id, PREFIX.length, separator);
  const generation = digits(id, separator + 1, id.length);
  if (slot < 0 || slot >= SLOTS || generation < 1 || generation > LAST_GENERATION) return 0;
  return generation * SLOTS + slot;
}

/** The number from `from` to before `to`; -1 if it is none, or not as it would be written. */
function digits(text: string, from: number, to: number): number {
  if (to <= from || (to > from + 1 && text.charCodeAt(from) === ZERO)) return -1;
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
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
  throw invalid('connection', 'the id of a lease', id);
}
