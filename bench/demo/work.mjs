// One phase of the demo in a process of its own: the real openai package doing the same work over
// and over, as it comes or patched, and what that cost.
import { progress, report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';
import { complete, openClient } from '../harness/openai.mjs';

const { url, phase, patched, times } = task();

const client = await openClient({ url, patched, more: { defaultHeaders: phase.headers } });

const REQUEST = {
  model: 'mock-small',
  messages: [{ role: 'user', content: 'Which warm line carries every token?'.repeat(20) }],
};

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

const work = phase.streaming ? stream : (run) => complete(client, REQUEST, run);
report(await drive(work, { ...times, ...phase }, progress));
