// What connections and streams that are open and silent cost in memory, in one process.
import { report, task } from '../harness/child.mjs';

const { url, client, what, count } = task();

/** How far apart the events of an active stream are. */
const INTERVAL_MILLISECONDS = 500;
/** An active stream has had so many reads when it is measured. */
const READS = 4;

/** All of them at once have to be in flight for each to need a connection of its own. */
const LATENCY_MILLISECONDS = 1000;

const headers = { 'content-type': 'application/json' };
const knobs = {
  connections: { 'x-mock-latency-ms': String(LATENCY_MILLISECONDS) },
  streams: { 'x-mock-stall-after': '1' },
  active: { 'x-mock-tokens': '100000', 'x-mock-interval-ms': String(INTERVAL_MILLISECONDS) },
}[what];
const init = {
  method: 'POST',
  headers: { ...headers, ...knobs },
  body: JSON.stringify({
    model: 'mock-small',
    stream: what !== 'connections',
    messages: [{ role: 'user', content: 'Hi' }],
  }),
};

/** Sends one request and gives its body as a stream, or its events. @type {() => Promise<AsyncIterable<unknown>>} */
let send;
if (client.startsWith('warmline')) {
  const { events, HttpClient } = await import('warmline');
  const http = new HttpClient({
    maxConnections: 2 * count,
    maxKeepaliveConnections: count,
    timeout: {},
  });
  const read = client === 'warmline' ? ({ body }) => body : events;
  send = async () => read(await http.fetch(`${url}/v1/chat/completions`, init));
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
  open.push(reader);
  if (what === 'streams') {
    await reader.next();
    return;
  }
  for (let read = 0; read < READS; read++) await reader.next();
  // For as long as this process lives; should it fail, that ends it.
  keepReading(reader);
}

async function keepReading(reader) {
  for (;;) await reader.next();
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
