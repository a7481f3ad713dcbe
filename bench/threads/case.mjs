// Worker threads: what one pool for all of them comes to beside undici's, of which each thread has its own.
import { runChild } from '../harness/child.mjs';
import { layOut, placeOf } from '../harness/cores.mjs';
import { missingServer, startServer } from '../harness/nginx.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, over, table, titled } from '../harness/table.mjs';
import { figure, paint } from '../harness/terminal.mjs';

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
  const chosen = [
    ['connections', (row) => figure(row.connections)],
    columns.perSecond,
    over('undici.request', rows['undici.request']),
    titled(columns.mainThread, 'thread'),
    columns.processCpu,
    columns.p50,
    columns.p99,
    columns.rss,
  ];
  const title = `${protocol}, ${threads} thread${threads > 1 ? 's' : ''}, ${CONCURRENCY} at a time (${placeOf(cores)})`;
  return [paint('bold', title), ...table(chosen, rows, { ours: [OURS] })];
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
  const missing = missingServer('HTTP/2', say);
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
