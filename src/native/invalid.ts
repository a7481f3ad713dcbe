import { inspect } from 'node:util';

const LONGEST_SHOWN = 80;

/**
 * The error for an argument or option that cannot be used: what it is called, what is allowed and what
 * was given. Every check of the package throws this one.
 *
 * @returns a `TypeError` with the `code` `ERR_INVALID_ARG_VALUE`, as Node's own are.
 */
export function invalid(name: string, allowed: string, value: unknown): TypeError {
  return refused(`${name} must be ${allowed}, not ${shown(value)}`);
}

/** As {@link invalid}, for what may be a secret. */
export function invalidSecret(name: string, allowed: string, cause?: unknown): TypeError {
  return refused(`${name} must be ${allowed}`, cause);
}

/** The error for an option that there is not: a misspelt one would otherwise be without effect. */
export function unknown(name: string, known: readonly string[]): TypeError {
  return refused(`${name} is unknown; there are ${known.join(', ')}`);
}

function refused(message: string, cause?: unknown): TypeError {
  const error = new TypeError(message, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}

/** The value on one line, whatever it is. */
function shown(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}
