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

/** Two figures compared: their ratio, told so that more than 1 is good; shares are told as they are. */
function gain({ of, show, better }, plain, patched) {
  if (better === undefined) return `${show(of(plain))} → ${show(of(patched))}`;
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
  return [
    paint('bold', phase.title),
    ...align([
      ['', ...shown.map(({ title }) => paint('dim', title))],
      ...rows.map(({ name, reading }) => [
        name,
        ...shown.map(({ of, show }) => (reading ? show(of(reading)) : '')),
      ]),
    ]),
  ];
}

/**
 * What patching changed, each phase on a line.
 *
 * @param {readonly { phase: { short: string, unit: string }, plain: Result, patched: Result }[]} outcomes
 */
export function summaryLines(outcomes) {
  const titles = [
    'throughput',
    'main thread',
    'process CPU',
    'p50',
    'p99',
    'connections',
    'reused',
  ];
  return [
    `${paint('bold', 'Summary')}: how many times better it is with patch(client)`,
    ...align([
      ['', ...titles.map((title) => paint('dim', title))],
      ...outcomes.map(({ phase, plain, patched }) => [
        phase.short,
        ...columns(phase.unit).map((column) =>
          paint(['bold', 'green'], gain(column, plain, patched)),
        ),
      ]),
    ]),
    ...[
      'main thread: time in which the event loop was busy; process CPU: all threads, the engine’s too',
      'p50 and p99: until the answer, or until the first event of a stream',
      'connections and reused: of the whole run with its warm-up, as the server saw it',
    ].map((line) => `  ${paint('dim', line)}`),
  ];
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

  /** The table stays; where it could not be drawn while it grew, it is printed now. */
  close() {
    if (!canRedraw) console.log(`\n${tableLines(this.#phase, this.#rows).join('\n')}`);
    console.log();
  }

  #draw() {
    const lines = tableLines(this.#phase, this.#rows);
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    process.stdout.write(`${back}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}
