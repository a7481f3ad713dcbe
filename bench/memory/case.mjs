// Memory: what an idle pooled connection and an open stream cost, beside undici's, and what it is to read them.
import { runChild } from '../harness/child.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { table } from '../harness/table.mjs';
import { duration, figure, paint, times } from '../harness/terminal.mjs';

const CLIENTS = ['undici fetch', 'undici.request', 'warmline'];
const EVENTS = 'warmline events()';
const KINDS = {
  connections: { title: 'idle pooled connections', clients: CLIENTS },
  streams: { title: 'open silent streams', clients: CLIENTS },
  active: {
    title: 'streams of two events a second, being read, and one that nobody reads',
    clients: [...CLIENTS, EVENTS],
  },
};
/** As many as a gateway holds: what V8 adds once to its heap is not counted as a stream's. */
const FULL = { rounds: 3, count: { connections: 4000, streams: 4000, active: 2000 }, seconds: 5 };
const SMOKE = { rounds: 1, count: { connections: 100, streams: 100, active: 100 }, seconds: 0.6 };

async function measure(what, plan) {
  return inRounds(KINDS[what].clients, plan.rounds, async (client) => {
    const provider = await startProvider();
    try {
      return await runChild(
        new URL('work.mjs', import.meta.url),
        { url: provider.url, client, what, count: plan.count[what], seconds: plan.seconds },
        { execArgv: ['--expose-gc'] },
      );
    } finally {
      await provider.stop();
    }
  });
}

const rssColumns = ({ warmline }) => [
  ['RSS for each', ({ bytesEach }) => `${figure(bytesEach / 1024)} KB`],
  ['x warmline', ({ bytesEach }) => times(bytesEach, warmline.bytesEach)],
];

const cpuColumns = ({ warmline }) => [
  ['CPU for each read', ({ cpuMicros }) => duration(cpuMicros / 1000)],
  ['x warmline', ({ cpuMicros }) => times(cpuMicros, warmline.cpuMicros)],
];

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const results = {};
  for (const [what, { title }] of Object.entries(KINDS)) {
    const rows = await measure(what, plan);
    results[what] = rows;
    say([
      paint('bold', `${figure(plan.count[what])} ${title}`),
      ...table([...rssColumns(rows), ...(what === 'active' ? cpuColumns(rows) : [])], rows),
    ]);
  }
  const target = (what, { bytesEach }) => ({
    ...{ what, value: bytesEach / 1024, bound: 'at most', wanted: 20, unit: 'KB' },
  });
  const targets = [
    target('RSS for each open silent stream', results.streams.warmline),
    target('RSS for each stream that is being read', results.active.warmline),
    target('RSS for each stream that is being read as events', results.active[EVENTS]),
    {
      what: 'CPU of undici’s fetch for each read over that of fetch',
      value: results.active['undici fetch'].cpuMicros / results.active.warmline.cpuMicros,
      ...{ bound: 'at least', wanted: 1.5 },
    },
  ];
  return { plan, ...results, targets };
}
