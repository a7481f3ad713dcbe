// What the demo shows: a table for each phase, redrawn in place on a terminal, a line for each step
// anywhere else.
import { align, canRedraw, duration, figure, paint, percent, times } from '../harness/terminal.mjs';

/**
 * @typedef {import('../harness/meter.mjs').Reading & { connections: number, requests: number, reusing: number }} Result
 *   with the server's view of the whole run, warm-up included
 */

/** How each figure is told, and which way it is better. `unit` is what the phase counts. */
const columns = (unit) => [
  { title: `${unit}s/s`, of: (r) => r.perSecond, show: figure, better: 'more' },
  { title: `main thread/${unit}`, of: (r) => r.mainMicros / 1000, show: duration, better: 'less' },
  { title: `process CPU/${unit}`, of: (r) => r.cpuMicros / 1000, show: duration, better: 'less' },
  { title: 'p50', of: (r) => r.p50, show: duration, better: 'less' },
  { title: 'p99', of: (r) => r.p99, show: duration, better: 'less' },
  { title: 'connections', of: (r) => r.connections, show: figure, better: 'less' },
  { title: 'reused', of: (r) => r.reusing / r.requests, show: percent },
];

/** The ratio of two figures, told so that more than 1 is good. */
function gain({ of, better }, plain, patched) {
  if (better === undefined) return '';
  return better === 'more' ? times(of(patched), of(plain)) : times(of(plain), of(patched));
}

/** The ratios of a phase, by name, for `--json`. */
export function ratios(plain, patched) {
  return {
    perSecond: patched.perSecond / plain.perSecond,
    mainThread: plain.mainMicros / patched.mainMicros,
    processCpu: plain.cpuMicros / patched.cpuMicros,
    p50: plain.p50 / patched.p50,
    p99: plain.p99 / patched.p99,
    connections: plain.connections / patched.connections,
  };
}

function tableLines(phase, rows) {
  const shown = columns(phase.unit);
  const table = [
    ['', ...shown.map(({ title }) => paint('dim', title))],
    ...rows.map(({ name, reading }) => [
      name,
      ...shown.map(({ of, show }) => (reading ? show(of(reading)) : '')),
    ]),
  ];
  const [plain, patched] = rows.map(({ reading }) => reading);
  if (plain?.requests && patched?.requests) {
    const better = shown.map((column) => paint(['bold', 'green'], gain(column, plain, patched)));
    table.push([paint(['bold', 'green'], 'better by'), ...better]);
  }
  return [paint('bold', `${phase.title}`), ...align(table)];
}

/** Draws one phase from its start to its end. */
export class PhaseScreen {
  #phase;
  #rows;
  #drawn = 0;

  /**
   * @param {{ title: string, unit: string }} phase
   * @param {readonly string[]} names of the rows, in the order in which they are measured
   */
  constructor(phase, names) {
    this.#phase = phase;
    this.#rows = names.map((name) => ({ name, reading: undefined }));
    if (canRedraw) this.#draw();
    else console.log(phase.title);
  }

  /** A first look at a row that is still being measured. */
  progress(row, reading) {
    if (!canRedraw) return;
    this.#rows[row].reading = reading;
    this.#draw();
  }

  /** @param {Result} result */
  finish(row, result) {
    this.#rows[row].reading = result;
    if (canRedraw) this.#draw();
    else {
      const { unit } = this.#phase;
      const told = columns(unit).map(({ title, of, show }) => `${title} ${show(of(result))}`);
      console.log(`  ${this.#rows[row].name}: ${told.join(', ')}`);
    }
  }

  /** The finished table; on a terminal it is there already. */
  summary() {
    return tableLines(this.#phase, this.#rows);
  }

  #draw() {
    const lines = tableLines(this.#phase, this.#rows);
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    process.stdout.write(`${back}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}
