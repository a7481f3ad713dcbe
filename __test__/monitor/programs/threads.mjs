// Three threads that use the engine, of which one blocks its own event loop for a while; says what a monitor on the
// main thread has found of each.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HttpClient } from 'warmline';
import { createMonitor } from 'warmline/monitor';

const BLOCKED = 400;

if (isMainThread) {
  const client = new HttpClient();
  const monitor = createMonitor({ client, poolHealth: false });
  const workers = [0, BLOCKED].map(
    (blocked) => new Worker(new URL(import.meta.url), { workerData: { blocked } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const lags = async () => {
    const response = await monitor.fetch(new Request('http://localhost/metrics'));
    const { threads } = await response.json();
    return Object.fromEntries(
      threads.map(({ thread, event_loop_lag_seconds: lag }) => [thread, lag]),
    );
  };
  // Each has been called, and the blocked one has come late.
  let found = await lags();
  while (Object.values(found).some(({ count }) => count < 3) || found['worker-2'].p99_ms < 100) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    found = await lags();
  }
  const names = Object.keys(found);
  for (const worker of workers) worker.postMessage('end');
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  const left = Object.keys(await lags());
  console.log(JSON.stringify({ names, other: found['worker-1'].p50_ms, left }));
  await monitor.close();
} else {
  const client = new HttpClient();
  // Nobody is there: a thread is known from its first use of the engine on.
  await client.request('GET', 'http://127.0.0.1:1/', { retry: false }).catch(() => {});
  parentPort.postMessage('ready');
  const end = performance.now() + workerData.blocked;
  setTimeout(() => {
    while (performance.now() < end);
  });
  parentPort.once('message', () => {});
}
