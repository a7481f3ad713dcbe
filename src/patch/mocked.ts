/** How tests put something in the place of `globalThis.fetch`, and expect that it is asked. */

/** By this the interceptors of MSW and nock are known while they are at work, to each other and to us. */
const INTERCEPTOR = Symbol.for('fetch-interceptor');

const atStart = globalThis.fetch;

/**
 * Whether a request is for MSW, nock, or a mock function of vitest, jest or `node:test` to answer. Other wrappers, those of
 * instrumentations for one, do not keep requests from the engine: they know nothing of its connections.
 */
export function isMocked(): boolean {
  return INTERCEPTOR in globalThis || 'mock' in globalThis.fetch;
}

/**
 * Who is asked in the place of a target's own `fetch` while there is a mock. A default that was caught before the mock came
 * knows nothing of it; what a caller gave is the caller's.
 *
 * @param own `undefined` for the global one.
 * @param standard the global one as the target was patched.
 */
export function insteadOf<T>(own: T | undefined, standard: unknown): T | typeof globalThis.fetch {
  return own === undefined || own === atStart || own === standard ? globalThis.fetch : own;
}
