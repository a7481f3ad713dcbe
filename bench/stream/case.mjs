// Streams of tokens: what an event costs, how many there can be, and how late they come.
import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, table, titled } from '../harness/table.mjs';
import { duration, figure, paint, times } from '../harness/terminal.mjs';

const FULL = { rounds: 3, warmUpSeconds: 2, seconds: 4 };
const SMOKE = { rounds: 1, warmUpSeconds: 0.3, seconds: 0.4 };

/** A stream of three seconds at a fast model's pace. */
const PACED = { tokens: 300, intervalMilliseconds: 10 };
const PER_SECOND = 1000 / PACED.intervalMilliseconds;
const FLOOD = { tokens: 20_000, intervalMilliseconds: 0 };

const OPENAI = 'openai';
const OPENAI_PATCHED = 'openai + patch(client)';
const ANTHROPIC = 'anthropic';
const ANTHROPIC_PATCHED = 'anthropic + patch(client)';

const TEXT_DELTAS = 'warmline textDeltas()';

const PACED_READERS = [
  OPENAI,
  'openai on undici fetch',
  'openai on impit',
  'openai on wreq-js',
  OPENAI_PATCHED,
  'openai .stream()',
  'openai .stream() + patch(client)',
  ANTHROPIC,
  ANTHROPIC_PATCHED,
  'anthropic .stream()',
  'anthropic .stream() + patch(client)',
  'built-in fetch + eventsource-parser',
  'undici.request, lines split by hand',
  'warmline events()',
  TEXT_DELTAS,
];
const CROWD_READERS = [OPENAI, 'undici.request, lines split by hand', OPENAI_PATCHED];
const FLOOD_READERS = [
  OPENAI,
  'undici.request, lines split by hand',
  'warmline events()',
  TEXT_DELTAS,
  OPENAI_PATCHED,
  ANTHROPIC,
  ANTHROPIC_PATCHED,
];
const DELAY_READERS = [OPENAI, OPENAI_PATCHED];
const DELAY_STREAMS = [1, 100, 500];
/** Other work that keeps the main thread busy for so long at a time, half of the time. */
const HOG_MILLISECONDS = 50;

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const provider = await startProvider({ threads: cores.server.length, cores: cores.server });
  const measure = (names, task) =>
    inRounds(names, plan.rounds, (reader) =>
      runChild(
        new URL('work.mjs', import.meta.url),
        { url: provider.url, reader, hogMilliseconds: 0, plan, ...task },
        { cores: cores.client },
      ),
    );
  try {
    const paced = await measure(PACED_READERS, { streams: 100, ...PACED });
    say(costs(`100 streams of ${PER_SECOND} events/s`, paced, 100 * PER_SECOND));
    const crowd = await measure(CROWD_READERS, { streams: 500, ...PACED });
    say(costs(`500 streams of ${PER_SECOND} events/s`, crowd, 500 * PER_SECOND));
    const flood = await measure(FLOOD_READERS, { streams: 20, ...FLOOD });
    say(throughput('20 streams as fast as they come', flood));
    const delays = {};
    for (const streams of DELAY_STREAMS) {
      delays[streams] = await measure(DELAY_READERS, { streams, ...PACED, stamped: true });
      say(lateness(`${streams} streams: from the server's clock to the loop`, delays[streams]));
    }
    const hogged = await measure(DELAY_READERS, {
      streams: 100,
      ...PACED,
      stamped: true,
      hogMilliseconds: HOG_MILLISECONDS,
    });
    say(lateness(`100 streams, the main thread busy for ${HOG_MILLISECONDS} ms at a time`, hogged));
    const targets = targetsOf({ paced, crowd, flood, delays, hogged });
    return { plan, cores, paced, crowd, flood, delays, hogged, targets };
  } finally {
    await provider.stop();
  }
}

function targetsOf({ paced, crowd, flood, delays, hogged }) {
  const main = (plain, patched) => paced[plain].mainMicros / paced[patched].mainMicros;
  const helper = (sdk) => main(`${sdk} .stream()`, `${sdk} .stream() + patch(client)`);
  const atLeast = (what, value, wanted) => ({ what, value, bound: 'at least', wanted });
  const notWorse = DELAY_STREAMS.flatMap((streams) =>
    ['firstP50', 'firstP99', 'p50', 'p99'].map((key) => ({
      what: `${key} with ${streams} streams, patched over unpatched`,
      value: delays[streams][OPENAI_PATCHED][key] / delays[streams][OPENAI][key],
      bound: 'at most',
      wanted: 1,
    })),
  );
  const whileHogged = ['firstP50', 'p50'].map((key) => ({
    what: `${key} while the main thread is busy, patched over unpatched`,
    value: hogged[OPENAI_PATCHED][key] / hogged[OPENAI][key],
    bound: 'at most',
    wanted: 0.5,
  }));
  return [
    atLeast('main thread for each event, openai over patched', main(OPENAI, OPENAI_PATCHED), 8),
    atLeast(
      'main thread for each event, anthropic over patched',
      main(ANTHROPIC, ANTHROPIC_PATCHED),
      5,
    ),
    atLeast('main thread for each event, openai .stream()', helper('openai'), 3),
    atLeast('main thread for each event, openai over textDeltas()', main(OPENAI, TEXT_DELTAS), 20),
    atLeast('main thread for each event, anthropic .stream()', helper('anthropic'), 3),
    atLeast(
      'process CPU for each event, openai over patched',
      paced[OPENAI].cpuMicros / paced[OPENAI_PATCHED].cpuMicros,
      3,
    ),
    {
      what: 'event loop with 500 streams, patched',
      value: 100 * crowd[OPENAI_PATCHED].busy,
      bound: 'at most',
      wanted: 20,
      unit: '%',
    },
    {
      what: 'events delivered with 500 streams, patched',
      value: (100 * crowd[OPENAI_PATCHED].perSecond) / (500 * PER_SECOND),
      bound: 'at least',
      wanted: 99,
      unit: '%',
    },
    atLeast(
      'events/s as fast as they come, patched over openai',
      flood[OPENAI_PATCHED].perSecond / flood[OPENAI].perSecond,
      3,
    ),
    atLeast(
      'events/s as fast as they come, patched over anthropic',
      flood[ANTHROPIC_PATCHED].perSecond / flood[ANTHROPIC].perSecond,
      3,
    ),
    ...notWorse,
    ...whileHogged,
  ];
}

/** What a reader is compared with. */
const sdkOf = (name) => (name.startsWith(ANTHROPIC) ? ANTHROPIC : OPENAI);

function costs(title, rows, sent) {
  const chosen = [
    columns.mainThread,
    ['the SDK over it', (row, name) => times(rows[sdkOf(name)].mainMicros, row.mainMicros)],
    columns.processCpu,
    ['loop', (row) => `${figure(100 * row.busy)} %`],
    ['delivered', (row) => `${figure((100 * row.perSecond) / sent)} %`],
  ];
  return [paint('bold', title), ...table(chosen, rows)];
}

function throughput(title, rows) {
  const chosen = [
    titled(columns.perSecond, 'events/s'),
    ['x the SDK', (row, name) => times(row.perSecond, rows[sdkOf(name)].perSecond)],
  ];
  return [paint('bold', title), ...table(chosen, rows)];
}

function lateness(title, rows) {
  const chosen = [
    ['first token p50', (row) => duration(row.firstP50)],
    ['p99', (row) => duration(row.firstP99)],
    titled(columns.p50, 'later tokens p50'),
    columns.p99,
  ];
  return [paint('bold', title), ...table(chosen, rows)];
}
