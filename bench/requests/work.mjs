// One client, one level of concurrency, one process: POSTs with 1 KB up and 600 B down.
import { report, task } from '../harness/child.mjs';
import { Meter } from '../harness/meter.mjs';

const { url, client, warmline, concurrency, warmUpSeconds, seconds } = task();

const BODY_BYTES = 1024;
const request = { model: 'mock-small', messages: [{ role: 'user', content: '' }] };
request.messages[0].content = 'x'.repeat(BODY_BYTES - JSON.stringify(request).length);
const body = JSON.stringify(request);

const { clients } = await import(warmline ? './warmline.mjs' : '../peers/clients.mjs');
const post = await clients[client]({
  url: `${url}/v1/chat/completions`,
  body,
  concurrency,
});

let meter = new Meter();
let stopped = false;

async function postUntilStopped() {
  while (!stopped) {
    const start = performance.now();
    const answer = await post();
    if (answer.object !== 'chat.completion') throw new Error(`${client} read something else`);
    meter.latency(performance.now() - start);
    meter.count();
  }
}

const wait = (s) => new Promise((resolve) => setTimeout(resolve, s * 1000));
const workers = Promise.all(Array.from({ length: concurrency }, postUntilStopped));
await Promise.race([
  workers,
  wait(warmUpSeconds).then(() => {
    meter = new Meter();
    return wait(seconds);
  }),
]);
const reading = meter.read();
stopped = true;
await workers;
report({ ...reading, rss: process.memoryUsage.rss() });
