/** How tests put something in the place of `globalThis.fetch`, and expect that it is asked. */

/** By this the interceptors of MSW and nock are known while they are at work, to each other and to us. */
const INTERCEPTOR = Symbol.for('fetch-interceptor');

const builtin = globalThis.fetch;

/**
 * Whether a request is for MSW, nock, or a mock function of vitest, jest or `node:test` to answer. Other wrappers, those of
 * instrumentations for one, do not keep requests from the engine: they know nothing of its connections.
 */
export function isMocked(): boolean {
  const { fetch } = globalThis;
  if (fetch === builtin) return false;
  return INTERCEPTOR in globalThis || 'mock' in fetch;
}

/**
 * Who is asked in the place of a target's own `fetch` while there is a mock. One that was caught before it came knows nothing
 * of it.
 *
 * @param own `undefined` for the global one.
 */
export function insteadOf<T>(own: T | undefined): T | typeof globalThis.fetch {
  return own === undefined || own === builtin ? globalThis.fetch : own;
}
