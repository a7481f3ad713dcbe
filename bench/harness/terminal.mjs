// Words and numbers on a terminal: colours where they are wanted, columns that line up.
import { styleText } from 'node:util';

const coloured =
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

/**
 * @param {Parameters<typeof styleText>[0]} style
 * @param {string} text
 */
export function paint(style, text) {
  return coloured ? styleText(style, text, { validateStream: false }) : text;
}

/** Whether what was printed can be drawn over. */
export const canRedraw = process.stdout.isTTY === true && process.env.TERM !== 'dumb';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is looked for.
const ESCAPES = /\u001b\[[0-9;]*m/g;
const widthOf = (text) => text.replace(ESCAPES, '').length;

/**
 * The rows with their columns lined up, the first to the left and the others to the right.
 *
 * @param {readonly (readonly string[])[]} rows
 * @param {string} [indent]
 * @returns {string[]} one line for each row
 */
export function align(rows, indent = '  ') {
  const widths = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    }
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const space = ' '.repeat(widths[column] - widthOf(cell));
      return column === 0 ? cell + space : space + cell;
    });
    return (indent + cells.join('  ')).trimEnd();
  });
}

/** A number with three digits that matter, or with thousands separated; a dash for none. */
export function figure(value) {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return '-';
  return milliseconds < 1 ? `${figure(milliseconds * 1000)} µs` : `${figure(milliseconds)} ms`;
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '-';
}

/** How many times `more` is `less`, as "6.6 x". */
export function times(more, less) {
  const ratio = more / less;
  return Number.isFinite(ratio) ? `${ratio >= 100 ? Math.round(ratio) : ratio.toFixed(1)} x` : '-';
}
