// The figures that warmline is to reach, and whether it did.
import { align, figure, paint } from './terminal.mjs';

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {number} value
 * @property {'at least' | 'at most'} bound
 * @property {number} wanted
 * @property {string} [unit]
 */

/** @param {Target} target */
export const isReached = ({ value, bound, wanted }) =>
  bound === 'at least' ? value >= wanted : value <= wanted;

/** @param {readonly Target[]} targets */
export function targetLines(targets) {
  const rows = targets.map((target) => {
    const { what, value, bound, wanted, unit = 'x' } = target;
    return [
      what,
      paint('bold', `${figure(value)} ${unit}`),
      paint('dim', `${bound} ${figure(wanted)} ${unit}`),
      isReached(target) ? paint('green', 'reached') : paint('red', 'missed'),
    ];
  });
  return [paint('bold', 'Targets'), ...align(rows)];
}
