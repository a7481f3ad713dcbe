import type { Fetch } from './gate.js';

/**
 * A class's clients each set their own `fetch` when they are made. This catches it: a default gets a gate to
 * the engine, a `fetch` that the caller passed stays.
 */
export function interceptor(gateFor: (own: Fetch) => Fetch): PropertyDescriptor {
  const standard: unknown = globalThis.fetch;
  let asking = false;
  let asked: unknown;
  /** The default of a package that brings its own, `openai` 4 for one: what its first class takes when it is given none. */
  const packageDefault = (client: object): unknown => {
    const { constructor: First } = firstOf(client) as {
      constructor: new (options: object) => object;
    };
    asking = true;
    try {
      const probe = new First({
        baseURL: 'http://localhost',
        maxRetries: 0,
        timeout: 1000,
        apiKey: 'none',
      }) as { fetch?: unknown };
      // Where the first class is not the one that is patched, nobody has caught it.
      asked ??= probe.fetch;
    } catch {
      // One that wants more than that is not known here: whatever it is given is the caller's.
    } finally {
      asking = false;
    }
    return asked;
  };
  return {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set(this: object, value: unknown) {
      if (asking) {
        asked = value;
        return;
      }
      const isDefault =
        value === standard ||
        value === globalThis.fetch ||
        value === (asked ?? packageDefault(this));
      Object.defineProperty(this, 'fetch', {
        value: isDefault ? gateFor(value as Fetch) : value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    },
  };
}

/** The prototype of the class in which a package's clients begin. */
function firstOf(client: object): object {
  const parent: unknown = Object.getPrototypeOf(client);
  return parent === null || parent === Object.prototype ? client : firstOf(parent as object);
}
