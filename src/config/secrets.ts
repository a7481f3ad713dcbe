/** What is never shown, in an error or in print. */

import { inspect } from 'node:util';

const HIDDEN = '[redacted]';
const SECRET_KEY = /^(passphrase|key|cert|webhook)$/;
/** User name and password of a URL. */
const CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i;

/** The text without what may be secret in it. */
export function withoutSecrets(key: string, text: string): string {
  if (SECRET_KEY.test(key)) return HIDDEN;
  return text.replace(CREDENTIALS, `$1${HIDDEN}@`);
}

/**
 * Has an object show itself without its secrets, and all that is in it: by `console.log` and `util.inspect`, and by
 * `JSON.stringify`. Its values stay what they are.
 */
export function discreet<Value extends object>(value: Value): Value {
  for (const inner of Object.values(value)) {
    if (isPlain(inner) && !Object.isFrozen(inner)) discreet(inner);
  }
  const shown = () => redacted(value);
  Object.defineProperties(value, {
    toJSON: { value: shown },
    [inspect.custom]: {
      value: (_: number, options: object) => inspect(redacted(value), options),
    },
  });
  return value;
}

/** A copy for print. */
function redacted(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return withoutSecrets(key, value);
  if (value instanceof URL) return withoutSecrets(key, value.href);
  if (value instanceof Uint8Array) return SECRET_KEY.test(key) ? HIDDEN : value;
  if (Array.isArray(value)) return value.map((item) => redacted(item, key));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, redacted(inner, name)]),
  );
}

function isPlain(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]' && !(value instanceof URL);
}
