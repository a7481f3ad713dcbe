/**
 * Refuses what is not an object of known names.
 *
 * @throws {TypeError} that names the option.
 */
export function checkNames(what: string, value: unknown, names: readonly string[]): void {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${what} must be an object, not ${String(value)}`);
  }
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    const path = what === 'options' ? name : `${what}.${name}`;
    throw new TypeError(`${path} is unknown; there are ${names.join(', ')}`);
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
