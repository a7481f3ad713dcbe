// Requests: every client at several levels of concurrency, and all of them on one core.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runChild } from '../harness/child.mjs';
import { layOut, pinned, placeOf } from '../harness/cores.mjs';
import { program, startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, over, requestColumns, table } from '../harness/table.mjs';
import { duration, figure, paint } from '../harness/terminal.mjs';

const PEERS = [
  'built-in fetch',
  'undici fetch',
  'undici.request',
  'node:http',
  'axios',
  'got',
  'impit',
  'wreq-js',
];
const OURS = ['warmline.fetch', 'HttpClient.request'];
const CLIENTS = [...PEERS, ...OURS];

/** The one that the targets are about. */
const TARGET_CONCURRENCY = 50;

const FULL = {
  rounds: 3,
  warmUpSeconds: 1,
  warmUpCount: 5000,
  seconds: 2,
  levels: [1, 10, TARGET_CONCURRENCY, 200],
};
const SMOKE = { rounds: 1, warmUpSeconds: 0.1, seconds: 0.2, levels: [1, TARGET_CONCURRENCY] };

/** What the server does for a client that costs next to nothing: no row can be above this one. */
async function ceiling(url, concurrency, cores, seconds) {
  const [command, args] = pinned(cores, program, [
    'load',
    ...['--url', `${url}/v1/chat/completions`],
    ...['--connections', String(concurrency)],
    ...['--seconds', String(seconds)],
    ...['--warmup', '0.2'],
    ...['--threads', String(Math.min(cores.length, concurrency))],
  ]);
  const { stdout } = await promisify(execFile)(command, args);
  const { requests_per_second, p50_us, p99_us } = JSON.parse(stdout);
  return { perSecond: requests_per_second, p50: p50_us / 1000, p99: p99_us / 1000 };
}

async function measureLevel(concurrency, clientCores, plan) {
  const cores = layOut(clientCores);
  const provider = await startProvider({ threads: cores.server.length, cores: cores.server });
  try {
    const rows = await inRounds(CLIENTS, plan.rounds, (client) =>
      runChild(
        new URL('work.mjs', import.meta.url),
        { url: provider.url, client, warmline: OURS.includes(client), concurrency, plan },
        { cores: cores.client },
      ),
    );
    const server = await ceiling(provider.url, concurrency, cores.client, plan.seconds);
    return { concurrency, cores, rows, server };
  } finally {
    await provider.stop();
  }
}

function levelLines({ concurrency, cores, rows, server }) {
  const chosen = [...requestColumns('built-in', rows['built-in fetch']), columns.rss];
  chosen.splice(2, 0, over('undici.request', rows['undici.request']));
  const speed = ['the server’s own ceiling', figure(server.perSecond)];
  const ceiling = [...speed, '', '', '', '', duration(server.p50), duration(server.p99)];
  return [
    paint('bold', `${concurrency} at a time (${placeOf(cores)})`),
    ...table(chosen, rows, { ours: OURS, below: [ceiling] }),
  ];
}

function targetsOf(levels, oneCore) {
  const at = (concurrency) => levels.find((level) => level.concurrency === concurrency).rows;
  const single = oneCore.rows;
  const fifty = at(TARGET_CONCURRENCY);
  const one = at(1);
  const ratio = (rows, ours, theirs) => rows[ours].perSecond / rows[theirs].perSecond;
  const where = `${TARGET_CONCURRENCY} at a time`;
  return [
    {
      what: `${where}: fetch over built-in fetch`,
      value: ratio(fifty, 'warmline.fetch', 'built-in fetch'),
      bound: 'at least',
      wanted: 8,
    },
    {
      what: `${where}: fetch over undici.request`,
      value: ratio(fifty, 'warmline.fetch', 'undici.request'),
      bound: 'at least',
      wanted: 2,
    },
    {
      what: `${where}: main thread of built-in fetch over that of fetch`,
      value: fifty['built-in fetch'].mainMicros / fifty['warmline.fetch'].mainMicros,
      bound: 'at least',
      wanted: 15,
    },
    {
      what: `${where}: HttpClient.request over undici.request`,
      value: ratio(fifty, 'HttpClient.request', 'undici.request'),
      bound: 'at least',
      wanted: 2.5,
    },
    {
      what: '1 at a time: HttpClient.request over undici.request',
      value: ratio(one, 'HttpClient.request', 'undici.request'),
      bound: 'at least',
      wanted: 1,
    },
    {
      what: '1 at a time: fetch over undici.request',
      value: ratio(one, 'warmline.fetch', 'undici.request'),
      bound: 'at least',
      wanted: 1,
    },
    {
      what: `${where}, one core: fetch over built-in fetch`,
      value: ratio(single, 'warmline.fetch', 'built-in fetch'),
      bound: 'at least',
      wanted: 7,
    },
  ];
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const levels = [];
  for (const concurrency of plan.levels) {
    const level = await measureLevel(concurrency, 2, plan);
    levels.push(level);
    say(levelLines(level));
  }
  const oneCore = await measureLevel(TARGET_CONCURRENCY, 1, plan);
  say(levelLines(oneCore));
  return { plan, levels, oneCore, targets: targetsOf(levels, oneCore) };
}
