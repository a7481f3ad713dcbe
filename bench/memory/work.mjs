// What connections and streams that are open and silent cost in memory, in one process.
import { report, task } from '../harness/child.mjs';

const { url, client, what, count } = task();

/** All of them at once have to be in flight for each to need a connection of its own. */
const LATENCY_MILLISECONDS = 1000;

const headers = { 'content-type': 'application/json' };
const knobs =
  what === 'connections'
    ? { 'x-mock-latency-ms': String(LATENCY_MILLISECONDS) }
    : { 'x-mock-stall-after': '1' };
const init = {
  method: 'POST',
  headers: { ...headers, ...knobs },
  body: JSON.stringify({
    model: 'mock-small',
    stream: what === 'streams',
    messages: [{ role: 'user', content: 'Hi' }],
  }),
};

/** Sends one request and gives its body as a stream. @type {() => Promise<AsyncIterable<Uint8Array>>} */
let send;
if (client === 'warmline') {
  const { HttpClient } = await import('warmline');
  const http = new HttpClient({ maxConnections: 2 * count, maxKeepaliveConnections: count });
  send = async () => (await http.fetch(`${url}/v1/chat/completions`, init)).body;
} else {
  const { open } = await import('../peers/undici.mjs');
  send = await open(client, { url: `${url}/v1/chat/completions`, init, count });
}

/** What is open has to stay reachable. */
const open = [];

async function openOne() {
  const body = await send();
  if (what === 'connections') {
    for await (const _ of body);
    return;
  }
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  open.push(reader);
}

/** Memory in use once everything that is garbage is gone. */
async function settledRss() {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}

// Code, threads and the first buffers are no connection's cost.
const FIRST = 20;
await Promise.all(Array.from({ length: FIRST }, openOne));
const before = await settledRss();
const more = what === 'connections' ? count : count - FIRST;
await Promise.all(Array.from({ length: more }, openOne));
const after = await settledRss();
report({ bytesEach: (after - before) / (count - FIRST), count, open: open.length });
