// One phase of the demo in a process of its own: the real openai package doing the same work over
// and over, as it comes or patched, and what that cost.
import OpenAI from 'openai';
import { progress, report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';

const { url, phase, patched, times } = task();

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

async function complete(run) {
  const start = performance.now();
  const completion = await client.chat.completions.create(REQUEST);
  if (!completion.choices[0]?.message.content) throw new Error('an answer without content');
  run.meter.latency(performance.now() - start);
  run.meter.count();
}

/** Counts each event; the latency is that of the first. */
async function stream(run) {
  const start = performance.now();
  let first = true;
  for await (const _ of await client.chat.completions.create({ ...REQUEST, stream: true })) {
    if (first) run.meter.latency(performance.now() - start);
    first = false;
    run.meter.count();
    if (run.stopped) return;
  }
}

report(await drive(phase.streaming ? stream : complete, { ...times, ...phase }, progress));
