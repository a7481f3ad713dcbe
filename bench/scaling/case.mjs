// Scaling: connections that are opened ahead of the demand, beside the rule that only follows the load. A back-test in
// Rust on days that are made up: nothing is measured, and every run has the same figures.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from '../../scripts/paths.mjs';
import { table } from '../harness/table.mjs';
import { figure, paint, percent, times } from '../harness/terminal.mjs';

/** Built as the tests are, whose dependencies it then shares. */
const BACK_TEST = ['bench', '--locked', '--quiet', '--profile', 'dev', '--workspace'];

const DAY_SECONDS = 24 * 60 * 60;

const columns = [
  ['requests', (row) => figure(row.requests)],
  ['cold starts', (row) => figure(row.coldStarts)],
  ['of them', (row) => percent(row.coldStarts / row.requests)],
  ['opened ahead', (row) => figure(row.openedAhead)],
  ['idle on average', (row) => figure(row.idleConnectionSeconds / DAY_SECONDS)],
];

/** @param {{ say: (lines: readonly string[]) => void }} options */
export async function run({ say }) {
  const { stdout } = await promisify(execFile)(
    'cargo',
    [...BACK_TEST, '--bench', 'scaling', '--', '--json'],
    { cwd: root },
  );
  const { reactive, predictive } = JSON.parse(stdout);
  say([
    paint('bold', 'A day after three that were learnt'),
    ...table(columns, { reactive, predictive }),
    `cold starts: ${times(reactive.coldStarts, predictive.coldStarts)} fewer`,
  ]);
  return {
    reactive,
    predictive,
    targets: [
      {
        what: 'cold starts of the reactive rule over those with prediction',
        value: reactive.coldStarts / predictive.coldStarts,
        ...{ bound: 'at least', wanted: 10 },
      },
    ],
  };
}
