// The soak: thousands of streams at once with readers that leave, break off, dawdle or are cut off. No event
// may be lost, and nothing may be left behind.

import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { startProvider } from '../harness/provider.mjs';
import { table } from '../harness/table.mjs';
import { figure, paint } from '../harness/terminal.mjs';

const FULL = { streams: 2000, laps: 5, lapSeconds: 60 };
const SMOKE = { streams: 2000, laps: 3, lapSeconds: 10 };
/** What compiled code and grown tables may add; anything that is kept of a stream is more. */
const MAX_HEAP_BYTES = 100;
/** Streams of which more are shown of what went wrong. */
const MAX_SHOWN = 10;

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = { ...(smoke ? SMOKE : FULL), seed: Number(process.env.WARMLINE_SOAK_SEED ?? 1) };
  const cores = layOut(2);
  const provider = await startProvider({ threads: cores.server.length, cores: cores.server });
  try {
    const outcome = await runChild(
      new URL('work.mjs', import.meta.url),
      { provider: provider.url, ...plan },
      { cores: cores.client, execArgv: ['--expose-gc'] },
    );
    const { streams_open: leftOpen } = await provider.stats();
    const targets = targetsOf(outcome, leftOpen);
    say(lines(plan, outcome));
    // A fault is one however short the run was.
    const missed = targets.filter(({ value, wanted, sure }) => sure && value > wanted);
    if (missed.length > 0) {
      const faults = missed.map(({ what, value }) => `${what}: ${value}`);
      const shown = outcome.wrong.slice(0, MAX_SHOWN);
      throw new Error([`soak, seed ${plan.seed}`, ...faults, ...shown].join('\n'));
    }
    return { plan, cores, ...outcome, wrong: outcome.wrong.length, targets };
  } finally {
    await provider.stop();
  }
}

function targetsOf({ wrong, laps, descriptors }, leftOpen) {
  const atMost = (what, value, wanted, unit, sure = true) => ({
    ...{ what, value, bound: 'at most', wanted, unit, sure },
  });
  const [first, last] = [laps[1] ?? laps[0], laps.at(-1)];
  return [
    atMost('streams that lost an event or ended as they should not', wrong.length, 0, 'streams'),
    atMost('connections in use after a lap', Math.max(...laps.map(({ active }) => active)), 0, ''),
    atMost('streams still open at the server', leftOpen, 0, 'streams'),
    ...(Number.isNaN(descriptors) || descriptors === null
      ? []
      : [atMost('descriptors that were not there at first', descriptors, 0, '')]),
    // A short run is still finding its size.
    atMost(
      'heap for each stream since the second lap',
      (last.heap - first.heap) / Math.max(1, last.streams - first.streams),
      MAX_HEAP_BYTES,
      'bytes',
      false,
    ),
    atMost(
      'RSS after the last lap over that after the second',
      last.rss / first.rss,
      1.1,
      'x',
      false,
    ),
  ];
}

function lines({ streams, laps, lapSeconds, seed }, outcome) {
  const mebibytes = (bytes) => `${figure(bytes / 2 ** 20)} MB`;
  const rows = outcome.laps.map((row, lap) => [`after lap ${lap + 1}`, row]);
  const chosen = [
    ['RSS', ({ rss }) => mebibytes(rss)],
    ['heap', ({ heap }) => mebibytes(heap)],
    ['RSS at most', ({ busiest }) => mebibytes(busiest)],
    ['connections in use', ({ active }) => figure(active)],
    ['idle', ({ idle }) => figure(idle)],
  ];
  const fates = Object.entries(outcome.fates).map(([fate, count]) => `${figure(count)} ${fate}`);
  return [
    paint('bold', `${figure(streams)} streams at once, ${laps} x ${lapSeconds} s, seed ${seed}`),
    `  ${figure(outcome.streams)} streams (${fates.join(', ')}), ${figure(outcome.words)} words read`,
    ...table(chosen, Object.fromEntries(rows)),
  ];
}
