import { invalid, unknown } from '../native/invalid.js';
import { duration } from '../native/timeouts.js';

/** The largest count that the engine takes. */
const MOST_COUNTED = 0xffff_ffff;

/**
 * Refuses what is not an object of known names.
 *
 * @throws {TypeError} that names the option.
 */
export function checkNames(what: string, value: unknown, names: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw invalid(what, 'an object', value);
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    throw unknown(partOf(what, name), names);
  }
}

/** The option under its name, checked, if it was given at all. */
export function given<Name extends string, Value, Checked>(
  name: Name,
  value: Value | undefined,
  check: (name: string, value: Value) => Checked,
): { [Key in Name]?: Checked } {
  if (value === undefined) return {};
  return { [name]: check(name, value) } as { [Key in Name]: Checked };
}

/** A check of whole numbers within bounds, for parts of `what`. */
export function whole(
  what: string,
  least: number,
  most = MOST_COUNTED,
): (name: string, value: number) => number {
  return (name, value) => {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw invalid(partOf(what, name), `a whole number from ${least} to ${most}`, value);
  };
}

/** A check of durations above 0, for parts of `what`. */
export function time(what: string): (name: string, value: number) => number {
  return (name, value) => duration(partOf(what, name), value);
}

function partOf(what: string, name: string): string {
  return what === 'options' ? name : `${what}.${name}`;
}

/** The values of an option that takes one or several. */
export function several<Value>(values: Value | readonly Value[] | undefined): readonly Value[] {
  if (values === undefined) return [];
  return Array.isArray(values) ? values : [values as Value];
}
