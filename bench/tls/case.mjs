// TLS: how many handshakes a client does, whole ones and resumed ones, with a server that ends each connection
// after its answer.
import { runChild } from '../harness/child.mjs';
import { layOut, placeOf } from '../harness/cores.mjs';
import { missingServer, startServer } from '../harness/nginx.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, over, table, titled } from '../harness/table.mjs';
import { paint, percent } from '../harness/terminal.mjs';

const PEERS = ['undici fetch', 'undici.request', 'node:https'];
const OURS = ['warmline.fetch', 'HttpClient.request'];
/** What the server is told of sessions. With TLS 1.3, a cache is of no use without tickets. */
const KINDS = {
  whole: { title: 'whole handshakes', directives: 'ssl_session_tickets off;' },
  resumed: { title: 'resumed handshakes', directives: 'ssl_session_tickets on;' },
};
const LEVELS = [1, 16];
const TARGET_CONCURRENCY = 16;

const FULL = { rounds: 3, warmUpSeconds: 1, warmUpCount: 500, seconds: 2 };
const SMOKE = { rounds: 1, warmUpSeconds: 0.05, seconds: 0.1 };

/** One client with a server of its own, whose log says which handshakes were resumed. */
async function measure(client, { kind, concurrency, cores, plan }) {
  const server = await startServer({
    cores: cores.server,
    directives: `keepalive_timeout 0; ${KINDS[kind].directives}`,
    log: '$ssl_session_reused',
  });
  const { url, ca } = server;
  let row;
  let logged;
  try {
    row = await runChild(
      new URL('work.mjs', import.meta.url),
      { url, ca, client, warmline: OURS.includes(client), concurrency, plan },
      { cores: cores.client },
    );
  } finally {
    logged = await server.stop();
  }
  const handshakes = logged.trim().split('\n');
  const resumed = handshakes.filter((line) => line === 'r').length / handshakes.length;
  return { ...row, resumed };
}

function lines({ kind, concurrency, rows }, cores) {
  const chosen = [
    titled(columns.perSecond, 'handshakes/s'),
    over('undici.request', rows['undici.request']),
    columns.mainThread,
    columns.processCpu,
    columns.p50,
    columns.p99,
    ['resumed', (row) => percent(row.resumed)],
  ];
  const title = `${KINDS[kind].title}, ${concurrency} at a time (${placeOf(cores, 'nginx')})`;
  return [paint('bold', title), ...table(chosen, rows, { ours: OURS })];
}

function targetsOf(levels) {
  return levels
    .filter(({ concurrency }) => concurrency === TARGET_CONCURRENCY)
    .flatMap(({ kind, rows }) => {
      const { title } = KINDS[kind];
      const [ours, theirs] = [rows['HttpClient.request'], rows['undici.request']];
      const target = (what, value, wanted) => ({ what, value, bound: 'at least', wanted });
      return [
        target(
          `${title}: HttpClient.request over undici.request`,
          ours.perSecond / theirs.perSecond,
          1.5,
        ),
        target(
          `${title}: main thread of undici.request over that of HttpClient.request`,
          theirs.mainMicros / ours.mainMicros,
          8,
        ),
        ...(kind === 'resumed'
          ? [{ ...target('resumed of those that can be', 100 * ours.resumed, 95), unit: '%' }]
          : []),
      ];
    });
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const missing = missingServer('TLS handshakes', say);
  if (missing !== undefined) return { missing, targets: [] };
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const levels = [];
  for (const kind of Object.keys(KINDS)) {
    for (const concurrency of smoke ? [TARGET_CONCURRENCY] : LEVELS) {
      const rows = await inRounds([...PEERS, ...OURS], plan.rounds, (client) =>
        measure(client, { kind, concurrency, cores, plan }),
      );
      levels.push({ kind, concurrency, rows });
      say(lines(levels.at(-1), cores));
    }
  }
  return { plan, cores, levels, targets: targetsOf(levels) };
}
