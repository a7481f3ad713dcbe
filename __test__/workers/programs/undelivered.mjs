// A worker asks for a lease and is terminated before it can hear of it: the lease goes back.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { SimpleConnectionPool } from 'warmline';

const pool = new SimpleConnectionPool('undelivered');

if (isMainThread) {
  const [origin] = process.argv.slice(2);
  const leases = async (count) => {
    while (pool.getStats().activeConnections !== count) await new Promise(setImmediate);
  };
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: origin });
    await leases(1);
    await worker.terminate();
    await leases(0);
  }
  console.log('returned');
} else {
  pool.acquireConnection(workerData);
  // The engine hears of it at the end of this turn; then this thread hears nothing any more.
  process.nextTick(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
}
