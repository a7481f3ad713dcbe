import { invalid, unknown } from '../native/invalid.js';

/**
 * Refuses what is not an object of known names.
 *
 * @throws {TypeError} that names the option.
 */
export function checkNames(what: string, value: unknown, names: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw invalid(what, 'an object', value);
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    throw unknown(what === 'options' ? name : `${what}.${name}`, names);
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

/** The values of an option that takes one or several. */
export function several<Value>(values: Value | readonly Value[] | undefined): readonly Value[] {
  if (values === undefined) return [];
  return Array.isArray(values) ? values : [values as Value];
}
