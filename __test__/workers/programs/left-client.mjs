// A worker leaves a client with idle connections behind; the main thread goes on.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HttpClient } from 'warmline';

if (isMainThread) {
  const [origin, end] = process.argv.slice(2);
  const mine = new HttpClient();
  const worker = new Worker(new URL(import.meta.url), { workerData: { origin, end } });
  const exit = once(worker, 'exit');
  await once(worker, 'message');
  if (end === 'terminated') await worker.terminate();
  await exit;
  console.log((await mine.request('GET', `${origin}/closed`)).text());
} else {
  const { origin } = workerData;
  // Far more than the test may take: what closes the connections is not their expiry.
  const client = new HttpClient({ keepaliveExpiry: 600_000 });
  await Promise.all([1, 2, 3].map(() => client.request('GET', `${origin}/theirs`)));
  parentPort.postMessage('done');
  if (workerData.end === 'terminated') setInterval(() => {}, 1000);
}
