// Four threads, each with a client of its own, send under the one limit that they have in common.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HttpClient } from 'warmline';

const THREADS = 4;
const EACH = 2;

if (isMainThread) {
  const [origin] = process.argv.slice(2);
  const workers = Array.from(
    { length: THREADS },
    () => new Worker(new URL(import.meta.url), { workerData: origin }),
  );
  const statuses = await Promise.all(workers.map((worker) => once(worker, 'message')));
  console.log(statuses.flat(2).join(''));
} else {
  const client = new HttpClient({ rateLimit: { concurrentRequests: 2 } });
  const send = async () => (await client.request('GET', workerData)).status;
  parentPort.postMessage(await Promise.all(Array.from({ length: EACH }, send)));
  await client.close();
}
