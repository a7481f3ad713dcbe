// Memory: what an idle pooled connection and an open silent stream cost, beside undici's.
import { runChild } from '../harness/child.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { align, figure, paint, times } from '../harness/terminal.mjs';

const CLIENTS = ['undici fetch', 'undici.request', 'warmline'];
const TITLES = { connections: 'idle pooled connections', streams: 'open silent streams' };
/** As many as a gateway holds: what V8 adds once to its heap is not counted as a stream's. */
const FULL = { rounds: 3, count: 4000 };
const SMOKE = { rounds: 1, count: 100 };

async function measure(what, plan) {
  return inRounds(CLIENTS, plan.rounds, async (client) => {
    const provider = await startProvider();
    try {
      return await runChild(
        new URL('work.mjs', import.meta.url),
        { url: provider.url, client, what, count: plan.count },
        { execArgv: ['--expose-gc'] },
      );
    } finally {
      await provider.stop();
    }
  });
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const results = {};
  for (const [what, title] of Object.entries(TITLES)) {
    const rows = await measure(what, plan);
    results[what] = rows;
    const table = Object.entries(rows).map(([name, row]) => [
      name,
      `${figure(row.bytesEach / 1024)} KB`,
      times(row.bytesEach, rows.warmline.bytesEach),
    ]);
    say([
      paint('bold', `${figure(plan.count)} ${title}`),
      ...align([['', paint('dim', 'RSS for each'), paint('dim', 'x warmline')], ...table]),
    ]);
  }
  const targets = [
    {
      what: 'RSS for each open silent stream',
      value: results.streams.warmline.bytesEach / 1024,
      bound: 'at most',
      wanted: 20,
      unit: 'KB',
    },
  ];
  return { plan, ...results, targets };
}
