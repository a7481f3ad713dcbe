// One phase of the demo in a process of its own: the real openai package doing the same work over
// and over, as it comes or patched, and what that cost.
import OpenAI from 'openai';
import { progress, report, task } from '../harness/child.mjs';
import { Meter } from '../harness/meter.mjs';

const { url, phase, patched, warmUpSeconds, seconds } = task();

const client = new OpenAI({
  apiKey: 'a-key-that-the-mock-does-not-look-at',
  baseURL: `${url}/v1`,
  maxRetries: 0,
  defaultHeaders: phase.headers,
});
if (patched) {
  const { isNativeAvailable, patch } = await import('warmline');
  // It would be the client as it comes, compared with itself.
  if (!isNativeAvailable()) throw new Error('warmline is not built: npm run build');
  patch(client);
}

const REQUEST = {
  model: 'mock-small',
  messages: [{ role: 'user', content: 'Which warm line carries every token?'.repeat(20) }],
};

/** Replaced once everything is warm: what happened before does not count. */
let meter = new Meter();
let stopped = false;

async function complete() {
  const start = performance.now();
  const completion = await client.chat.completions.create(REQUEST);
  if (!completion.choices[0]?.message.content) throw new Error('an answer without content');
  meter.latency(performance.now() - start);
  meter.count();
}

/** Counts each event; the latency is that of the first. */
async function stream() {
  const start = performance.now();
  let first = true;
  for await (const _ of await client.chat.completions.create({ ...REQUEST, stream: true })) {
    if (first) meter.latency(performance.now() - start);
    first = false;
    meter.count();
    if (stopped) return;
  }
}

const work = phase.streaming ? stream : complete;
const workers = Array.from({ length: phase.concurrency }, async () => {
  while (!stopped) await work();
});

const PROGRESS_MILLISECONDS = 250;
const ticker = setInterval(() => progress(meter.read()), PROGRESS_MILLISECONDS);
const wait = (s) => new Promise((resolve) => setTimeout(resolve, s * 1000));

// A worker that fails ends the phase at once.
await Promise.race([
  Promise.all(workers),
  wait(warmUpSeconds).then(() => {
    meter = new Meter();
    return wait(seconds);
  }),
]);
clearInterval(ticker);
const reading = meter.read();
stopped = true;
await Promise.all(workers);
report(reading);
