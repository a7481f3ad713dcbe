// Streams with readers of every kind, lap after lap in one process; after each lap, nothing may be left.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import { HttpClient, patch, pipe } from 'warmline';
import { progress, task } from '../harness/child.mjs';
import { seeded } from '../harness/random.mjs';
import { settledRss } from '../harness/settled.mjs';
import { plan, readOne } from './reader.mjs';

const { provider, streams, laps, lapSeconds, seed } = task();

const limits = { maxConnections: 4 * streams, maxKeepaliveConnections: streams, timeout: {} };
const client = new HttpClient(limits);
const upstream = new HttpClient(limits);
const openai = patch(
  new OpenAI({
    apiKey: 'a-key-that-the-mock-does-not-look-at',
    baseURL: `${provider}/v1`,
    maxRetries: 0,
  }),
  { client },
);

const piped = { complete: 0, 'client-left': 0, stopped: 0, 'upstream-failed': 0, native: 0 };
const server = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  try {
    const answer = await upstream.fetch(provider + request.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(pieces),
    });
    const { end, native } = await pipe(answer, response);
    piped[end]++;
    if (native) piped.native++;
  } catch {
    // Cut before its head: so is the client.
    response.destroy();
  }
});
server.keepAliveTimeout = 60_000;
await new Promise((resolve) =>
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve),
);
const gateway = `http://127.0.0.1:${server.address().port}`;
const place = { client, openai, provider, gateway };

/** Words that were read, streams by their fate, and what went wrong. */
const counts = { words: 0, streams: 0, fates: {}, wrong: [] };

async function readUntil(end, random) {
  while (performance.now() < end) {
    const stream = plan(random);
    const { read, wrong } = await readOne(place, stream);
    counts.words += read;
    counts.streams++;
    counts.fates[stream.fate] = (counts.fates[stream.fate] ?? 0) + 1;
    if (wrong !== undefined) counts.wrong.push(`${wrong} (${JSON.stringify(stream)})`);
  }
}

const active = () =>
  client.getPoolMetrics().connectionsActive + upstream.getPoolMetrics().connectionsActive;

const idle = () =>
  client.getPoolMetrics().connectionsIdle + upstream.getPoolMetrics().connectionsIdle;

/** What is left closes on the engine's own thread: soon, and by then surely. */
async function untilFew(count, few) {
  const MAX_SECONDS = 10;
  const end = performance.now() + MAX_SECONDS * 1000;
  while (count() > few && performance.now() < end) await wait(10);
  return count();
}

const descriptors = () =>
  process.platform === 'linux' ? readdirSync('/proc/self/fd').length : Number.NaN;

// The engine's own are there once it has answered something.
await (await client.fetch(`${provider}/health`)).text();
const atStart = descriptors();

const results = [];
for (let lap = 0; lap < laps; lap++) {
  const end = performance.now() + lapSeconds * 1000;
  let busiest = 0;
  const looking = setInterval(() => {
    busiest = Math.max(busiest, process.memoryUsage.rss());
  }, 250);
  const readers = Array.from({ length: streams }, (_, index) =>
    readUntil(end, seeded(seed + lap * streams + index)),
  );
  await Promise.all(readers);
  clearInterval(looking);
  const lapped = { active: await untilFew(active, 0), rss: await settledRss(), busiest };
  const { heapUsed: heap } = process.memoryUsage();
  results.push({ ...lapped, idle: idle(), heap, streams: counts.streams });
  progress({ lap });
}

await Promise.all([client.close(), upstream.close()]);
server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));
const left = await untilFew(descriptors, atStart);
const result = { ...counts, piped, laps: results, descriptors: left - atStart };
// Nothing else keeps this process alive now; should anything do so, whoever waits for its end says so.
process.send({ done: true, result }, () => process.disconnect());
