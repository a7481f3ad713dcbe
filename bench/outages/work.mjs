// One client, one process: requests that come when they come, however those before them fare.
import { setTimeout as wait } from 'node:timers/promises';
import { report, task } from '../harness/child.mjs';
import { Meter } from '../harness/meter.mjs';
import { seeded } from '../harness/random.mjs';

const { url, script, client, module, plan } = task();
const { seconds, rate, lowShare, seed } = plan;
const { clients } = await import(module);
const send = await clients[client](url);

const body = JSON.stringify({ model: 'mock-small', messages: [{ role: 'user', content: 'Hi' }] });
const meters = { high: new Meter(), low: new Meter() };
const outcome = { asked: 0, delivered: 0, errors: {} };

async function ask(priority) {
  const id = String(outcome.asked++);
  const headers = { 'content-type': 'application/json', 'x-mock-id': id };
  const start = performance.now();
  try {
    const answer = await send(url, { method: 'POST', headers, body, priority });
    if (answer.object !== 'chat.completion') throw new Error(`${client} read something else`);
    outcome.delivered++;
    meters[priority].latency(performance.now() - start);
  } catch (error) {
    const code = error.cause?.cause?.code ?? error.cause?.code ?? error.code ?? error.status;
    const what = code ?? error.constructor.name;
    outcome.errors[what] = (outcome.errors[what] ?? 0) + 1;
  }
}

const { url: begin, ...told } = script;
const begins = await fetch(begin, { method: 'POST', body: JSON.stringify(told) });
if (!begins.ok) throw new Error(await begins.text());
// Gaps of any length up to twice the mean, the same ones for each client.
const random = seeded(seed);
const asked = [];
const begun = performance.now();
let due = 0;
while (due < seconds * 1000) {
  await wait(Math.max(0, begun + due - performance.now()));
  asked.push(ask(random() < lowShare ? 'low' : 'high'));
  due += (2 * random() * 1000) / rate;
}
await Promise.all(asked);
const [high, low] = [meters.high.read(), meters.low.read()];
report({
  ...outcome,
  p50: high.p50,
  p99: high.p99,
  lowP99: low.p99,
  seconds: (performance.now() - begun) / 1000,
});
