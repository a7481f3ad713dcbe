// Metrics: what it costs to be watched. The engine counts always; what is compared is a client that nobody looks at
// and one that is scraped.
import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { startProvider } from '../harness/provider.mjs';
import { medians } from '../harness/rounds.mjs';
import { columns, table } from '../harness/table.mjs';
import { duration, paint, percent } from '../harness/terminal.mjs';
import { beside } from '../harness/turns.mjs';

const CONCURRENCY = 50;
const ORIGINS = 50;
const VIEWERS = 10;
const TITLES = { plain: 'nobody looks', watched: 'scraped ten times a second' };

const FULL = {
  ...{ processes: 3, turns: 25, warmUpSeconds: 1, warmUpCount: 5000, seconds: 0.3 },
  ...{ scrapes: 200, watchSeconds: 10 },
};
const SMOKE = {
  ...{ processes: 1, turns: 2, warmUpSeconds: 0.1, seconds: 0.1 },
  ...{ scrapes: 5, watchSeconds: 0.5 },
};

const chosen = [
  columns.perSecond,
  ['less', (row) => percent(row.slower)],
  columns.mainThread,
  ['more', (row) => duration(row.moreMain / 1000)],
];

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const provider = await startProvider({ threads: cores.server.length, cores: cores.server });
  const samples = { plain: [], watched: [], alone: [] };
  try {
    const url = `${provider.url}/v1/chat/completions`;
    for (let process = 0; process < plan.processes; process++) {
      const { turns, scrapeMillis, dashboardPercent } = await runChild(
        new URL('work.mjs', import.meta.url),
        { url, concurrency: CONCURRENCY, origins: ORIGINS, viewers: VIEWERS, plan },
        { cores: cores.client },
      );
      for (const [name, readings] of Object.entries(beside(turns, 'plain'))) {
        samples[name].push(...readings);
      }
      samples.alone.push({ scrapeMillis, dashboardPercent });
    }
  } finally {
    await provider.stop();
  }
  const plain = medians(samples.plain);
  const watched = medians(samples.watched);
  const alone = medians(samples.alone);
  say([
    paint('bold', `${CONCURRENCY} at a time`),
    ...table(chosen, { [TITLES.plain]: plain, [TITLES.watched]: watched }),
  ]);
  const target = (what, value, wanted, unit) => ({
    ...{ what, value, bound: 'at most', wanted, unit },
  });
  return {
    plan,
    rows: { plain, watched },
    alone,
    targets: [
      target('requests/s that being scraped costs', watched.slower * 100, 2, '%'),
      target('main thread that it costs for each request', watched.moreMain, 0.2, 'µs'),
      target(`main thread of a scrape of ${ORIGINS} origins`, alone.scrapeMillis, 1, 'ms'),
      target(`CPU of a dashboard with ${VIEWERS} viewers`, alone.dashboardPercent, 1, '%'),
    ],
  };
}
