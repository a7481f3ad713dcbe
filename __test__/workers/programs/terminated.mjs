// Terminates threads that have something of every kind under way; what was theirs ends, the rest goes on.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch, HttpClient, SimpleConnectionPool } from 'warmline';

const PER_ENDPOINT = 10;

if (isMainThread) await main();
else await work();

async function main() {
  const [origin] = process.argv.slice(2);
  const pool = new SimpleConnectionPool('full');
  const ids = [];
  for (let i = 0; i < PER_ENDPOINT; i++) ids.push(await pool.acquireConnection(origin));
  const mine = new HttpClient();
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: origin });
    const held = mine.request('GET', `${origin}/held`);
    await once(worker, 'message');
    // The worker's 3 requests and ours have arrived.
    await mine.request('GET', `${origin}/arrived`);
    while (pool.getStats().waiting < 2) await new Promise(setImmediate);
    await worker.terminate();
    await mine.request('GET', `${origin}/theirs-gone`);
    // Its callers have left the line.
    while (pool.getStats().waiting > 0) await new Promise(setImmediate);
    await mine.request('GET', `${origin}/release`);
    console.log((await held).text());
  }
  for (const id of ids) pool.returnConnection(id);
  // No place was lost to those who waited.
  for (let i = 0; i < PER_ENDPOINT; i++) await pool.acquireConnection(origin);
  console.log(pool.getConnection(origin) === null ? 'full' : 'more than there may be');
  await mine.close();
}

async function work() {
  const origin = workerData;
  const client = new HttpClient();
  const pool = new SimpleConnectionPool('full');
  for (const left of [
    fetch(`${origin}/theirs`),
    client.fetch(`${origin}/theirs`),
    client.request('GET', `${origin}/theirs`),
    pool.acquireConnection(origin),
    pool.acquireConnection(origin),
  ]) {
    left.catch(() => {});
  }
  setImmediate(() => parentPort.postMessage('asked'));
}
