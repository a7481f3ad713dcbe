// Worker threads of one process that send POSTs: at first in turns, each so many at once, as bursts come to the
// threads of a server; then all together, each its share of as many.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { report, task } from '../harness/child.mjs';

const { threads, concurrency, plan, ...work } = task();

const workers = Array.from(
  { length: threads },
  () =>
    new Worker(new URL('worker.mjs', import.meta.url), { workerData: { concurrency, ...work } }),
);

/** Has a worker do something, and gives what comes of it. */
async function ask(worker, order) {
  worker.postMessage(order);
  const [outcome] = await once(worker, 'message');
  return outcome;
}

for (const worker of workers) await ask(worker, { burst: concurrency });

const share = concurrency / threads;
const cpu = process.cpuUsage();
const start = performance.now();
const readings = await Promise.all(
  workers.map((worker) => ask(worker, { drive: { ...plan, concurrency: share } })),
);
const { user, system } = process.cpuUsage(cpu);
const elapsed = (performance.now() - start) / 1000;
const sum = (of) => readings.reduce((total, reading) => total + of(reading), 0);
const perSecond = sum((reading) => reading.perSecond);
report({
  perSecond,
  // Of the thread that sends it.
  mainMicros: sum((reading) => reading.mainMicros) / threads,
  // While it is warming up, too: the rate is nearly that of the measurement.
  cpuMicros: (user + system) / (perSecond * elapsed),
  p50: sum((reading) => reading.p50) / threads,
  p99: Math.max(...readings.map((reading) => reading.p99)),
  rss: process.memoryUsage.rss(),
});
