// HTTP/2: every client that has it, with a hundred POSTs at a time on one connection to nginx.
import { runChild } from '../harness/child.mjs';
import { layOut, placeOf } from '../harness/cores.mjs';
import { missingServer, startServer } from '../harness/nginx.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, requestColumns, table } from '../harness/table.mjs';
import { paint } from '../harness/terminal.mjs';

const PEERS = ['undici fetch', 'undici.request', 'node:http2'];
const OURS = ['warmline.fetch', 'HttpClient.request'];
const CONCURRENCY = 100;

const FULL = { rounds: 3, warmUpSeconds: 1, warmUpCount: 5000, seconds: 2 };
const SMOKE = { rounds: 1, warmUpSeconds: 0.1, seconds: 0.2 };

function lines(cores, rows) {
  const chosen = [...requestColumns('undici.request', rows['undici.request']), columns.rss];
  return [
    paint('bold', `${CONCURRENCY} at a time on one connection (${placeOf(cores, 'nginx')})`),
    ...table(chosen, rows, { ours: OURS }),
  ];
}

function targetsOf(rows) {
  const target = (what, value, wanted) => ({ what, value, bound: 'at least', wanted });
  return [
    target(
      'fetch over undici’s fetch',
      rows['warmline.fetch'].perSecond / rows['undici fetch'].perSecond,
      3,
    ),
    target(
      'HttpClient.request over undici.request',
      rows['HttpClient.request'].perSecond / rows['undici.request'].perSecond,
      3,
    ),
    target(
      'main thread of undici’s fetch over that of fetch',
      rows['undici fetch'].mainMicros / rows['warmline.fetch'].mainMicros,
      8,
    ),
    target(
      'main thread of undici.request over that of HttpClient.request',
      rows['undici.request'].mainMicros / rows['HttpClient.request'].mainMicros,
      8,
    ),
  ];
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const missing = missingServer('HTTP/2', say);
  if (missing !== undefined) return { missing, targets: [] };
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const server = await startServer({
    cores: cores.server,
    http2: true,
    directives: `http2_max_concurrent_streams ${CONCURRENCY};`,
  });
  try {
    const rows = await inRounds([...PEERS, ...OURS], plan.rounds, (client) =>
      runChild(
        new URL('work.mjs', import.meta.url),
        {
          url: server.url,
          ca: server.ca,
          client,
          warmline: OURS.includes(client),
          concurrency: CONCURRENCY,
          plan,
        },
        { cores: cores.client },
      ),
    );
    say(lines(cores, rows));
    return { plan, cores, rows, targets: targetsOf(rows) };
  } finally {
    await server.stop();
  }
}
