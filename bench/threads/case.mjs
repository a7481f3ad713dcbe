// Worker threads: what one pool for all of them comes to beside undici's, of which each thread has its own.
import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { missingServer, startServer } from '../harness/nginx.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { align, duration, figure, paint, times } from '../harness/terminal.mjs';

const CLIENTS = ['undici fetch', 'undici.request', 'warmline.fetch'];
const OURS = 'warmline.fetch';
const CONCURRENCY = 48;
const THREADS = [1, 2, 4];
const MOST = Math.max(...THREADS);

const FULL = { rounds: 3, warmUpSeconds: 1, warmUpCount: 2000, seconds: 2 };
const SMOKE = { rounds: 1, warmUpSeconds: 0.05, seconds: 0.1 };

/** The mock provider, as the other server is. */
async function provider(cores) {
  const { url, stats, stop } = await startProvider({ threads: cores.length, cores });
  return {
    url: `${url}/v1/chat/completions`,
    connections: async () => (await stats()).connections_accepted,
    stop,
  };
}

const SERVERS = {
  'http/1.1': provider,
  h2: (cores) =>
    startServer({ cores, http2: true, directives: `http2_max_concurrent_streams ${CONCURRENCY};` }),
};

async function measure(client, { protocol, threads, cores, plan }) {
  const server = await SERVERS[protocol](cores.server);
  try {
    const { url, ca, caFile } = server;
    const row = await runChild(
      new URL('work.mjs', import.meta.url),
      {
        ...{ url, ca, client, protocol, threads, concurrency: CONCURRENCY, plan },
        warmline: client === OURS,
      },
      { cores: cores.client, env: caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile } },
    );
    return { ...row, connections: await server.connections() };
  } finally {
    await server.stop();
  }
}

function lines({ protocol, threads, rows }, cores) {
  const titles = ['connections', 'requests/s', 'x undici.request', 'thread', 'process CPU'];
  const table = [
    ['', ...[...titles, 'p50', 'p99', 'RSS'].map((title) => paint('dim', title))],
    ...Object.entries(rows).map(([name, row]) =>
      [
        name,
        figure(row.connections),
        figure(row.perSecond),
        times(row.perSecond, rows['undici.request'].perSecond),
        duration(row.mainMicros / 1000),
        duration(row.cpuMicros / 1000),
        duration(row.p50),
        duration(row.p99),
        `${figure(row.rss / 2 ** 20)} MB`,
      ].map((cell) => (name === OURS ? paint('bold', cell) : cell)),
    ),
  ];
  const place = cores.pinned
    ? `client on ${cores.client.length} cores, server on ${cores.shared ? 'the last of them' : `${cores.server.length} other`}`
    : 'cores not chosen on this platform';
  const title = `${protocol}, ${threads} thread${threads > 1 ? 's' : ''}, ${CONCURRENCY} at a time (${place})`;
  return [paint('bold', title), ...align(table)];
}

function targetsOf(levels) {
  return levels
    .filter(({ threads }) => threads === MOST)
    .flatMap(({ protocol, rows }) => {
      const where = `${MOST} threads, ${protocol}`;
      const connections = protocol === 'h2' ? 1 : CONCURRENCY;
      return [
        {
          ...{ what: `${where}: connections that fetch opens`, value: rows[OURS].connections },
          ...{ bound: 'at most', wanted: connections, unit: '' },
        },
        {
          what: `${where}: requests/s of fetch over undici’s fetch`,
          value: rows[OURS].perSecond / rows['undici fetch'].perSecond,
          ...{ bound: 'at least', wanted: 3 },
        },
      ];
    });
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const missing = missingServer();
  if (missing !== undefined) {
    if (process.env.WARMLINE_PEERS) throw new Error(`${missing} is not installed`);
    say([`HTTP/2 is left out: ${missing} is not installed`]);
  }
  const levels = [];
  for (const protocol of missing === undefined ? ['http/1.1', 'h2'] : ['http/1.1']) {
    for (const threads of smoke ? [MOST] : THREADS) {
      const rows = await inRounds(CLIENTS, plan.rounds, (client) =>
        measure(client, { protocol, threads, cores, plan }),
      );
      levels.push({ protocol, threads, rows });
      say(lines(levels.at(-1), cores));
    }
  }
  return { plan, cores, levels, missing, targets: targetsOf(levels) };
}
