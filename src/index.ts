/**
 * warmline: the native connection pool and HTTP engine for LLM clients in Node.
 *
 * @packageDocumentation
 */

export { isNativeAvailable, NativeUnavailableError } from './native/load.js';
