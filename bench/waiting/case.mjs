// Waiting: ten thousand requests behind one rate limit, beside a queue before undici's fetch.
import { runChild } from '../harness/child.mjs';
import { startProvider } from '../harness/provider.mjs';
import { columns, table } from '../harness/table.mjs';
import { duration, figure, paint, percent } from '../harness/terminal.mjs';
import { judge } from './arrivals.mjs';

const CLIENTS = { 'p-queue, undici fetch': '../peers/limits.mjs', HttpClient: './warmline.mjs' };

const FULL = { requests: 10_000, quietSeconds: 5, connections: 200, perWindow: 500, window: 1000 };
const SMOKE = { requests: 600, quietSeconds: 0.3, connections: 20, perWindow: 150, window: 300 };

/** @returns what the client says, and when the provider has seen its requests */
async function measure(module, kind, plan) {
  const provider = await startProvider();
  try {
    const url = `${provider.url}/v1/chat/completions`;
    const outcome = await runChild(
      new URL('work.mjs', import.meta.url),
      { url, module, kind, plan },
      { execArgv: ['--expose-gc'] },
    );
    return { outcome, arrivals: await provider.arrivals() };
  } finally {
    await provider.stop();
  }
}

const costColumns = [
  ['memory for each', (row) => `${figure(row.bytesEach / 1024)} KB`],
  ['CPU of a core', (row) => percent(row.cpu)],
];

const releaseColumns = [
  columns.mainThread,
  columns.processCpu,
  ['least in a window', (row) => percent(row.least)],
  ['most', (row) => percent(row.most)],
  ['most anywhere', (row) => percent(row.mostAnywhere)],
  ['overtaken', (row) => figure(row.overtaken)],
  ['low among high', (row) => percent(row.lowAmongHigh)],
];

const ours = ['HttpClient'];

function targetsOf({ HttpClient: cost }, { HttpClient: released }) {
  const target = (what, value, bound, wanted, unit) => ({ what, value, bound, wanted, unit });
  return [
    target('memory for each waiting request', cost.bytesEach / 1024, 'at most', 16, 'KB'),
    target('CPU while they wait', cost.cpu * 100, 'at most', 1, '%'),
    target('overtaken requests', released.overtaken, 'at most', 0, ''),
    target('most in a window, of the limit', released.most * 100, 'at most', 101, '%'),
    target('least in a window, of the limit', released.least * 100, 'at least', 99, '%'),
  ];
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const cost = {};
  for (const [name, module] of Object.entries(CLIENTS)) {
    const { outcome } = await measure(module, 'cost', plan);
    cost[name] = outcome;
  }
  say([
    paint('bold', `${figure(plan.requests)} requests that wait`),
    ...table(costColumns, cost, { ours }),
  ]);
  const released = {};
  for (const [name, module] of Object.entries(CLIENTS)) {
    const { outcome, arrivals } = await measure(module, 'release', plan);
    released[name] = { ...outcome, ...judge(arrivals, plan) };
  }
  const title = `The same, ${plan.perWindow} of them let go every ${duration(plan.window)}, half of them with a low priority`;
  say([paint('bold', title), ...table(releaseColumns, released, { ours })]);
  return { plan, cost, released, targets: targetsOf(cost, released) };
}
