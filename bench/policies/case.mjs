// Policies: what it costs to have all of them, over none.
import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { startProvider } from '../harness/provider.mjs';
import { medians } from '../harness/rounds.mjs';
import { columns, table } from '../harness/table.mjs';
import { duration, paint, percent } from '../harness/terminal.mjs';
import { beside } from '../harness/turns.mjs';

const CONCURRENCY = 50;
const TITLES = { none: 'none', defaults: 'the default ones', all: 'all of them' };

const FULL = { processes: 3, turns: 25, warmUpSeconds: 1, warmUpCount: 5000, seconds: 0.3 };
const SMOKE = { processes: 1, turns: 2, warmUpSeconds: 0.1, seconds: 0.1 };

const chosen = [
  columns.perSecond,
  ['less', (row) => percent(row.slower)],
  columns.mainThread,
  ['more', (row) => duration(row.moreMain / 1000)],
  columns.processCpu,
  ['more', (row) => duration(row.moreCpu / 1000)],
  columns.p50,
  columns.p99,
];

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const provider = await startProvider({ threads: cores.server.length, cores: cores.server });
  const samples = { none: [], defaults: [], all: [] };
  try {
    const url = `${provider.url}/v1/chat/completions`;
    for (let process = 0; process < plan.processes; process++) {
      const turns = await runChild(
        new URL('work.mjs', import.meta.url),
        { url, concurrency: CONCURRENCY, plan },
        { cores: cores.client },
      );
      for (const [name, readings] of Object.entries(beside(turns, 'none'))) {
        samples[name].push(...readings);
      }
    }
  } finally {
    await provider.stop();
  }
  const rows = Object.fromEntries(
    Object.entries(samples).map(([name, readings]) => [name, medians(readings)]),
  );
  const named = Object.entries(rows).map(([name, row]) => [TITLES[name], row]);
  say([paint('bold', `${CONCURRENCY} at a time`), ...table(chosen, Object.fromEntries(named))]);
  const target = (what, value, wanted, unit) => ({
    ...{ what, value, bound: 'at most', wanted, unit },
  });
  return {
    plan,
    rows,
    targets: [
      target('requests/s that all policies cost', rows.all.slower * 100, 5, '%'),
      target('main thread that they cost for each request', rows.all.moreMain, 0.5, 'µs'),
    ],
  };
}
