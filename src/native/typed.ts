import { WarmlineError } from './error.js';

type Call = (this: unknown, ...given: unknown[]) => unknown;
type Class = new (...given: unknown[]) => object;

/**
 * The engine's functions and classes, with what they throw as errors of the package: a `TypeError` with
 * Node's `code` for arguments that the engine cannot take, a {@link WarmlineError} for every other refusal,
 * and for a defect of the engine's own, which is `WARMLINE_PANIC`.
 */
export function typed<Exports extends object>(native: Exports): Exports {
  const entries = Object.entries(native).map(([name, value]) => [
    name,
    isClass(value) ? typedClass(value) : typedCall(value),
  ]);
  return Object.fromEntries(entries) as Exports;
}

function isClass(value: unknown): value is Class {
  return Object.getOwnPropertyNames((value as Class).prototype ?? {}).length > 1;
}

function typedClass(native: Class): Class {
  const methods = native.prototype as Record<string, Call>;
  // In their places: instances that the engine makes have them, too.
  for (const name of Object.keys(methods)) methods[name] = typedCall(methods[name] as Call);
  return class extends native {
    constructor(...given: unknown[]) {
      try {
        super(...given);
      } catch (thrown) {
        throw errorOf(thrown);
      }
    }
  };
}

function typedCall(native: Call): Call {
  return function (this: unknown, ...given) {
    try {
      return native.apply(this, given);
    } catch (thrown) {
      throw errorOf(thrown);
    }
  };
}

/** Refusals carry their code in front of their message; what has none of its own comes from a caught panic. */
function errorOf(thrown: unknown): unknown {
  const { message, code: status } = thrown as Error & { code?: unknown };
  const [, code, text] = /^([A-Z][A-Z0-9_]+): (.*)$/s.exec(message) ?? [];
  if (code !== undefined && text !== undefined) {
    if (code.startsWith('ERR_INVALID_')) return Object.assign(new TypeError(text), { code });
    return new WarmlineError({ code, phase: 'pool', message: text });
  }
  if (status !== 'GenericFailure') return thrown;
  return new WarmlineError({
    code: 'WARMLINE_PANIC',
    phase: 'pool',
    message: 'the engine met a defect of its own; please report it',
  });
}
