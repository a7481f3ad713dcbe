import { invalid } from './invalid.js';

/**
 * Checks the key of a request's affinity.
 *
 * @returns the empty text for none.
 * @throws {TypeError} for anything but text, and for the empty one.
 */
export function affinityOf(affinity: string | undefined): string {
  if (affinity === undefined) return '';
  if (typeof affinity === 'string' && affinity !== '') return affinity;
  throw invalid('affinity', 'a text that is not empty', affinity);
}
