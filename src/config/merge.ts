/** Puts one layer over another: sections key by key; lists and single values as a whole. */
export function merge<Value extends object>(
  lower: Value | undefined,
  upper: Value | undefined,
): Value {
  const merged: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(upper ?? {})) {
    const below = merged[key];
    merged[key] = isSection(below) && isSection(value) ? merge(below, value) : value;
  }
  return merged as Value;
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
