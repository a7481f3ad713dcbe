/** Where variables come from: `process.env`, or what stands in for it. */
export type Variables = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(?:\$(?=\{)|\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\})/g;
const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;

/**
 * Puts variables into a text: `${NAME}`, or `${NAME:-default}` where it is unset or empty; `$${` is a plain `${`.
 *
 * @returns the names that are not set and have no default; the text is then of no use.
 */
export function interpolate(text: string, env: Variables): { text: string; missing: string[] } {
  const missing: string[] = [];
  const filled = text.replace(
    REFERENCE,
    (_, name?: string, fallback?: string, value: string = '') => {
      if (name === undefined) return '$';
      const found = env[name];
      if (fallback !== undefined) return found ? found : value;
      if (found === undefined) missing.push(name);
      return found ?? '';
    },
  );
  return { text: filled, missing };
}

/** What a word stands for where nothing is quoted, as in YAML's core schema: a number, true, false, or itself. */
export function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return NUMBER.test(text) ? Number(text) : text;
}
