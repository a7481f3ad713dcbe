// TLS: how many handshakes a client does, whole ones and resumed ones, with a server that ends each connection
// after its answer.
import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { missingServer, startServer } from '../harness/nginx.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { align, duration, figure, paint, percent, times } from '../harness/terminal.mjs';

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
  const titles = ['handshakes/s', 'x undici.request', 'main thread', 'process CPU'];
  const table = [
    ['', ...[...titles, 'p50', 'p99', 'resumed'].map((title) => paint('dim', title))],
    ...Object.entries(rows).map(([name, row]) =>
      [
        name,
        figure(row.perSecond),
        times(row.perSecond, rows['undici.request'].perSecond),
        duration(row.mainMicros / 1000),
        duration(row.cpuMicros / 1000),
        duration(row.p50),
        duration(row.p99),
        percent(row.resumed),
      ].map((cell) => (OURS.includes(name) ? paint('bold', cell) : cell)),
    ),
  ];
  const place = cores.pinned
    ? `client on ${cores.client.length} cores, nginx on ${cores.shared ? 'the last of them' : `${cores.server.length} other`}`
    : 'cores not chosen on this platform';
  return [
    paint('bold', `${KINDS[kind].title}, ${concurrency} at a time (${place})`),
    ...align(table),
  ];
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
  const missing = missingServer();
  if (missing !== undefined) {
    if (process.env.WARMLINE_PEERS) throw new Error(`${missing} is not installed`);
    say([`left out: ${missing} is not installed`]);
    return { missing, targets: [] };
  }
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
