// Requests: every client at several levels of concurrency, and all of them on one core.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runChild } from '../harness/child.mjs';
import { layOut, pinned } from '../harness/cores.mjs';
import { program, startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { align, duration, figure, paint, times } from '../harness/terminal.mjs';

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
  const base = rows['built-in fetch'];
  const fast = rows['undici.request'];
  const titles = ['requests/s', 'x built-in', 'x undici.request', 'main thread', 'process CPU'];
  const table = [
    ['', ...[...titles, 'p50', 'p99', 'RSS'].map((title) => paint('dim', title))],
    ...Object.entries(rows).map(([name, row]) =>
      [
        name,
        figure(row.perSecond),
        times(row.perSecond, base.perSecond),
        times(row.perSecond, fast.perSecond),
        duration(row.mainMicros / 1000),
        duration(row.cpuMicros / 1000),
        duration(row.p50),
        duration(row.p99),
        `${figure(row.rss / 2 ** 20)} MB`,
      ].map((cell) => (OURS.includes(name) ? paint('bold', cell) : cell)),
    ),
    [
      'the server’s own ceiling',
      figure(server.perSecond),
      '',
      '',
      '',
      '',
      duration(server.p50),
      duration(server.p99),
    ].map((cell) => paint('dim', cell)),
  ];
  const place = cores.pinned
    ? `client on ${cores.client.length} core${cores.client.length > 1 ? 's' : ''}, server on ${cores.shared ? 'the last of them' : `${cores.server.length} other`}`
    : 'cores not chosen on this platform';
  return [paint('bold', `${concurrency} at a time (${place})`), ...align(table)];
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
