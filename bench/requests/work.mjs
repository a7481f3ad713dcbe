// One client, one level of concurrency, one process: POSTs with 1 KB up and 600 B down.
import { report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';

const { url, client, warmline, concurrency, plan } = task();

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

async function postOnce(run) {
  const start = performance.now();
  const answer = await post();
  if (answer.object !== 'chat.completion') throw new Error(`${client} read something else`);
  run.meter.latency(performance.now() - start);
  run.meter.count();
}

const reading = await drive(postOnce, { ...plan, concurrency });
report({ ...reading, rss: process.memoryUsage.rss() });
