// Gateways: how many streams one core passes on.
import { layOut } from '../harness/cores.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, table } from '../harness/table.mjs';
import { figure, paint, times } from '../harness/terminal.mjs';
import { gateways } from './gateways.mjs';
import { startGateway, streamFrom } from './process.mjs';

const BUILT_IN = 'built-in fetch';
const PIPE = 'warmline pipe';

/** A stream of three seconds at a fast model's pace. */
const TOKENS = 300;
const INTERVAL_MILLISECONDS = 10;
const PER_SECOND = 1000 / INTERVAL_MILLISECONDS;
const PATH =
  `/v1/chat/completions?x-mock-stamp=1&x-mock-tokens=${TOKENS}` +
  `&x-mock-interval-ms=${INTERVAL_MILLISECONDS}`;

const FULL = { rounds: 3, warmUpSeconds: 2, seconds: 3, streams: 40, search: true };
const SMOKE = { rounds: 1, warmUpSeconds: 0.3, seconds: 0.5, streams: 10, search: false };

/** On time: all of them, and hardly one later than a reader sees. */
const MIN_DELIVERED = 0.98;
const MAX_P99_MILLISECONDS = 100;
/** Each try of a search has so many times the streams of the one before. */
const STEP = 1.25;
const MAX_STREAMS = 4000;

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const { client: gatewayCores, server: otherCores, ...place } = layOut(1);
  const provider = await startProvider({ threads: otherCores.length, cores: otherCores });
  const names = Object.keys(gateways);
  const pass = (gateway, streams) =>
    passOn(gateway, { upstream: provider.url, streams, plan, gatewayCores, otherCores });
  try {
    const costs = await inRounds(names, plan.rounds, (gateway) => pass(gateway, plan.streams));
    const most = {};
    if (plan.search) {
      for (const name of names) most[name] = await mostStreams(costs[name], pass.bind(null, name));
    }
    say(lines(plan, costs, most));
    const cores = { gateway: gatewayCores, others: otherCores, ...place };
    return { plan, cores, costs, most, targets: targetsOf(most) };
  } finally {
    await provider.stop();
  }
}

/** One gateway with so many clients at once. */
async function passOn(gateway, { upstream, streams, plan, gatewayCores, otherCores }) {
  const process = await startGateway(gateway, {
    upstream,
    connections: 2 * streams,
    cores: gatewayCores,
  });
  try {
    const url = process.url + PATH;
    const [read, cost] = await Promise.all([
      streamFrom(url, { ...plan, streams, cores: otherCores }),
      process.measure(plan),
    ]);
    const { perSecond, p50, p99 } = read;
    const cpuMicros = (1e6 * cost.cpuSeconds) / (perSecond * cost.seconds);
    return {
      perSecond,
      delivered: perSecond / (streams * PER_SECOND),
      p50,
      p99,
      cpuMicros,
      loop: cost.loop,
      rss: cost.rss,
      streamsPerCore: 1e6 / (cpuMicros * PER_SECOND),
    };
  } finally {
    await process.stop();
  }
}

/** The most streams that are passed on in time, by trying, from half of what their cost lets expect. */
async function mostStreams({ streamsPerCore }, pass) {
  let streams = Math.max(1, Math.round(streamsPerCore / 2));
  let best;
  let step = STEP;
  while (streams >= 1 && streams <= MAX_STREAMS) {
    const row = await pass(streams);
    const onTime = row.delivered >= MIN_DELIVERED && row.p99 <= MAX_P99_MILLISECONDS;
    if (onTime) best = { ...row, streams };
    // Down until one is on time, or up until one is not.
    else if (best !== undefined) break;
    else step = 1 / STEP;
    if (onTime && step < 1) break;
    streams = Math.round(streams * step);
  }
  return best ?? { streams: 0 };
}

function targetsOf(most) {
  if (!(PIPE in most)) return [];
  return [
    {
      what: 'streams on one core, pipe over built-in fetch',
      value: most[PIPE].streams / most[BUILT_IN].streams,
      bound: 'at least',
      wanted: 8,
    },
  ];
}

function lines(plan, costs, most) {
  const base = costs[BUILT_IN];
  const chosen = [
    columns.processCpu,
    ['built-in over it', (row) => times(base.cpuMicros, row.cpuMicros)],
    ['loop', (row) => `${figure(100 * row.loop)} %`],
    columns.p99,
  ];
  const searched = [
    ['streams on time', (_, name) => figure(most[name].streams)],
    ['x built-in', (_, name) => times(most[name].streams, most[BUILT_IN].streams)],
  ];
  return [
    paint('bold', `${plan.streams} streams of ${PER_SECOND} events/s, the gateway on one core`),
    ...table(plan.search ? [...chosen, ...searched] : chosen, costs),
  ];
}
