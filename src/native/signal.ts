import { invalid } from './invalid.js';

/**
 * Checks a signal that a caller passed.
 *
 * @throws {TypeError} for what is none.
 */
export function checkSignal(signal: AbortSignal | null | undefined): AbortSignal | null {
  if (signal === undefined || signal === null) return null;
  if (typeof signal !== 'object' || typeof signal.aborted !== 'boolean') {
    throw invalid('signal', 'an AbortSignal', signal);
  }
  return signal;
}
