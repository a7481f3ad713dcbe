// What connections and streams cost in one process: memory while they are open, and CPU while they are read.
import { setTimeout as wait } from 'node:timers/promises';
import { report, task } from '../harness/child.mjs';
import { settledRss } from '../harness/settled.mjs';

const { url, client, what, count, seconds } = task();

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
const initWith = (more) => ({
  method: 'POST',
  headers: { ...headers, ...knobs, ...more },
  body: JSON.stringify({
    model: 'mock-small',
    stream: what !== 'connections',
    messages: [{ role: 'user', content: 'Hi' }],
  }),
});

/** What is sent at once to somebody who does not read it: more than any buffer on the way holds. */
const STALLED_TOKENS = 100_000;

/** Sends one request and gives its body as a stream, or its events. @type {(knobs?: object) => Promise<AsyncIterable<unknown>>} */
let send;
if (client.startsWith('warmline')) {
  const { events, HttpClient } = await import('warmline');
  const http = new HttpClient({
    maxConnections: 2 * count,
    maxKeepaliveConnections: count,
    timeout: {},
  });
  const read = client === 'warmline' ? ({ body }) => body : events;
  send = async (more) => read(await http.fetch(`${url}/v1/chat/completions`, initWith(more)));
} else {
  const { open } = await import('../peers/undici.mjs');
  const post = await open(client, { url: `${url}/v1/chat/completions`, count: count + 1 });
  send = (more) => post(initWith(more));
}

/** What is open has to stay reachable. */
const open = [];
let reads = 0;

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
  for (;;) {
    await reader.next();
    reads++;
  }
}

/** Reads once, and never again, from a stream whose server has much to say. */
async function stall() {
  const body = await send({ 'x-mock-tokens': String(STALLED_TOKENS), 'x-mock-interval-ms': '0' });
  const reader = body[Symbol.asyncIterator]();
  open.push(reader);
  await reader.next();
}

/** What it costs to read all of them: CPU of the whole process, for each of the reads. */
async function readingCosts() {
  const before = { cpu: process.cpuUsage(), reads };
  await wait(seconds * 1000);
  const { user, system } = process.cpuUsage(before.cpu);
  const perSecond = (reads - before.reads) / seconds;
  // Two events may come in one read, but nobody may wait for the one who does not read.
  const least = (0.5 * count * 1000) / INTERVAL_MILLISECONDS;
  if (perSecond < least) throw new Error(`${client} read ${perSecond} times a second`);
  return { cpuMicros: (user + system) / (reads - before.reads), perSecond };
}

// Code, threads and the first buffers are no connection's cost.
const FIRST = 20;
await Promise.all(Array.from({ length: FIRST }, openOne));
const before = await settledRss();
const more = what === 'connections' ? count : count - FIRST;
if (what === 'active') await stall();
await Promise.all(Array.from({ length: more }, openOne));
const after = await settledRss();
report({
  bytesEach: (after - before) / (count - FIRST),
  count,
  open: open.length,
  ...(what === 'active' && (await readingCosts())),
});
