// Warm connections: the first request after a pause to a server that is far, and what comes of requests to
// one that closes idle connections when it likes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from '../harness/certificate.mjs';
import { runChild } from '../harness/child.mjs';
import { table } from '../harness/table.mjs';
import { duration, figure, paint, percent, times } from '../harness/terminal.mjs';
import { start } from './process.mjs';

const PEERS = ['built-in fetch', 'undici fetch', 'undici.request', 'axios'];
const OURS = ['warmline.fetch', 'HttpClient.request'];
const WARM = 'HttpClient, minIdle 1';
/** What came to nothing, and may yet have been done, it sends again. */
const KEYED = 'HttpClient, idempotency keys';

const ROUND_TRIP = 50;

const FULL = {
  // Servers commonly keep connections for 5 s, and so do Node's clients.
  first: { keeps: [5000, 5000], idle: 7000, rounds: 4 },
  closing: {
    ...{ keeps: [1000, 5000], thinks: 5, concurrency: 100, requests: 100_000, burst: 15 },
    ...{ pauses: [1000, 1250], longPauses: [1250, 5000], longShare: 0.1, seed: 1 },
  },
};
const SMOKE = {
  first: { keeps: [200, 200], idle: 500, rounds: 1 },
  closing: {
    ...{ keeps: [50, 250], thinks: 5, concurrency: 10, requests: 200, burst: 5 },
    ...{ pauses: [50, 60], longPauses: [60, 250], longShare: 0.5, seed: 1 },
  },
};

/** All clients at once: they do little but wait. */
async function beside(names, measure) {
  const rows = await Promise.all(names.map(async (name) => [name, await measure(name)]));
  return Object.fromEntries(rows);
}

const work = (task, env) => runChild(new URL('work.mjs', import.meta.url), task, { env });

async function measureFirst(client, plan, secure) {
  const server = await start('server.mjs', { keeps: plan.keeps, identity: secure?.identity });
  const far = await start('far.mjs', { target: server.port, roundTrip: ROUND_TRIP });
  try {
    const url = `${secure ? 'https' : 'http'}://localhost:${far.port}/v1/chat/completions`;
    const env = secure ? { NODE_EXTRA_CA_CERTS: secure.file } : {};
    return await work({ url, client, warmline: !PEERS.includes(client), plan }, env);
  } finally {
    await Promise.all([far.stop(), server.stop()]);
  }
}

function firstLines(title, rows) {
  const chosen = [
    ['first after a pause', ({ first }) => duration(first)],
    ['round trips', ({ first }) => (first / ROUND_TRIP).toFixed(1)],
    ['the next one', ({ next }) => duration(next)],
  ];
  return [
    paint('bold', `${title}, ${ROUND_TRIP} ms round trip`),
    ...table(chosen, rows, { ours: [...OURS, WARM] }),
  ];
}

async function measureClosing(client, plan) {
  const server = await start('server.mjs', plan);
  try {
    const url = `http://127.0.0.1:${server.port}/v1/chat/completions`;
    const outcome = await work({ url, client, warmline: !PEERS.includes(client), plan });
    const { connections, requests } = await server.ask();
    return { ...outcome, connections, reuse: 1 - connections / requests };
  } finally {
    await server.stop();
  }
}

function closingLines({ keeps, requests, concurrency }, rows) {
  const [least, most] = keeps.map((kept) => kept / 1000);
  const chosen = [
    ['failed', ({ failed }) => figure(failed)],
    ['with', ({ errors }) => Object.keys(errors).join(', ') || '-'],
    ['connections', ({ connections }) => figure(connections)],
    ['reused', ({ reuse }) => percent(reuse)],
  ];
  return [
    paint(
      'bold',
      `${figure(requests)} POSTs, ${concurrency} at a time, to a server that closes idle connections after ${least} to ${most} s`,
    ),
    ...table(chosen, rows, { ours: [...OURS, KEYED] }),
  ];
}

function targetsOf(first, closing) {
  const warm = Object.entries(first).map(([scheme, rows]) => ({
    what: `first request after a pause over the next one, ${scheme} (${times(rows['built-in fetch'].first, rows['built-in fetch'].next)} with built-in fetch)`,
    value: rows[WARM].first / rows[WARM].next,
    bound: 'at most',
    wanted: 1.1,
  }));
  const each = [...OURS, KEYED].flatMap((name) => [
    {
      what: `${name}: failed requests`,
      value: closing[name].failed,
      bound: 'at most',
      wanted: 0,
      unit: '',
    },
    {
      what: `${name}: requests on a connection used before`,
      value: closing[name].reuse * 100,
      bound: 'at least',
      wanted: 99,
      unit: '%',
    },
  ]);
  return [...warm, ...each];
}

/** What TLS takes, in a folder. */
function secured(folder) {
  const cert = certificate(folder);
  const key = readFileSync(join(folder, 'key.pem'), 'utf8');
  return { identity: { key, cert }, file: join(folder, 'cert.pem') };
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const folder = mkdtempSync(join(tmpdir(), 'warmline-bench-'));
  try {
    const first = {};
    const measured = (secure) =>
      beside([...PEERS, ...OURS, WARM], (client) => measureFirst(client, plan.first, secure));
    first.http = await measured();
    say(firstLines('HTTP/1.1', first.http));
    if (spawnSync('openssl', ['version']).error === undefined) {
      first.https = await measured(secured(folder));
      say(firstLines('HTTP/1.1 in TLS', first.https));
    } else say(['TLS is left out: openssl is not installed']);
    const closing = await beside([...PEERS, ...OURS, KEYED], (client) =>
      measureClosing(client, plan.closing),
    );
    say(closingLines(plan.closing, closing));
    return { plan, first, closing, targets: targetsOf(first, closing) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
