// Tables of what was measured: a row for each client, a column for each figure.
import { align, duration, figure, paint, times } from './terminal.mjs';

/** @typedef {readonly [title: string, cell: (row: any, name: string) => string]} Column */

/** The figures of {@link import('./meter.mjs').Reading}, and memory. @type {Record<string, Column>} */
export const columns = {
  perSecond: ['requests/s', (row) => figure(row.perSecond)],
  mainThread: ['main thread', (row) => duration(row.mainMicros / 1000)],
  processCpu: ['process CPU', (row) => duration(row.cpuMicros / 1000)],
  p50: ['p50', (row) => duration(row.p50)],
  p99: ['p99', (row) => duration(row.p99)],
  rss: ['RSS', (row) => `${figure(row.rss / 2 ** 20)} MB`],
};

/** A column under another title. @type {(column: Column, title: string) => Column} */
export const titled = ([, cell], title) => [title, cell];

/** How many times the requests/s of another row. @type {(title: string, base: any) => Column} */
export const over = (title, base) => [`x ${title}`, (row) => times(row.perSecond, base.perSecond)];

/** What is told of requests, beside those of another row. @type {(title: string, base: any) => Column[]} */
export const requestColumns = (title, base) => [
  columns.perSecond,
  over(title, base),
  columns.mainThread,
  columns.processCpu,
  columns.p50,
  columns.p99,
];

/**
 * @param {readonly Column[]} chosen
 * @param {Record<string, any>} rows by the name of each
 * @param {object} [options]
 * @param {readonly string[]} [options.ours] rows that stand out
 * @param {readonly (readonly string[])[]} [options.below] further rows, of cells
 * @returns {string[]} its lines
 */
export function table(chosen, rows, { ours = [], below = [] } = {}) {
  return align([
    ['', ...chosen.map(([title]) => paint('dim', title))],
    ...Object.entries(rows).map(([name, row]) => {
      const cells = [name, ...chosen.map(([, cell]) => cell(row, name))];
      return ours.includes(name) ? cells.map((cell) => paint('bold', cell)) : cells;
    }),
    ...below.map((cells) => cells.map((cell) => paint('dim', cell))),
  ]);
}
