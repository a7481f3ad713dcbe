// One client, one process: POSTs with 1 KB up and 600 B down, many at a time on one connection.
import { report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';

const { url, ca, client, warmline, concurrency, plan } = task();

const BODY_BYTES = 1024;
const request = { model: 'mock-small', messages: [{ role: 'user', content: '' }] };
request.messages[0].content = 'x'.repeat(BODY_BYTES - JSON.stringify(request).length);
const body = JSON.stringify(request);

const { clients } = await import(warmline ? './warmline.mjs' : '../peers/http2.mjs');
const post = await clients[client]({ url, body, ca, concurrency });

async function postOnce(run) {
  const start = performance.now();
  const answer = await post();
  if (answer.object !== 'chat.completion') throw new Error(`${client} read something else`);
  run.meter.latency(performance.now() - start);
  run.meter.count();
}

const reading = await drive(postOnce, { ...plan, concurrency });
report({ ...reading, rss: process.memoryUsage.rss() });
