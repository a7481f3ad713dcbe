// Eight threads lease and return as fast as they can, and never hold more than there may be, nor one id twice.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { SimpleConnectionPool } from 'warmline';

const THREADS = 8;
const ROUNDS = 2000;
const PER_ENDPOINT = 10;

if (isMainThread) await main();
else await work();

async function main() {
  const [origin] = process.argv.slice(2);
  const held = new Int32Array(new SharedArrayBuffer(8));
  const workers = Array.from(
    { length: THREADS },
    () => new Worker(new URL(import.meta.url), { workerData: { origin, held } }),
  );
  const exits = workers.map((worker) => once(worker, 'exit'));
  const ids = (await Promise.all(workers.map((worker) => once(worker, 'message')))).flat(2);
  await Promise.all(exits);
  const { activeConnections, pending } = new SimpleConnectionPool('limits').getStats();
  console.log(
    JSON.stringify({
      leases: ids.length > 0,
      unique: new Set(ids).size === ids.length,
      most: Atomics.load(held, 1) <= PER_ENDPOINT,
      activeConnections,
      pending,
    }),
  );
}

async function work() {
  const { origin, held } = workerData;
  const pool = new SimpleConnectionPool('limits');
  const ids = [];
  for (let round = 0; round < ROUNDS; round++) {
    const id = round % 10 === 0 ? await pool.acquireConnection(origin) : pool.getConnection(origin);
    if (id === null) continue;
    const now = Atomics.add(held, 0, 1) + 1;
    for (let most = Atomics.load(held, 1); now > most; most = Atomics.load(held, 1)) {
      Atomics.compareExchange(held, 1, most, now);
    }
    ids.push(id);
    Atomics.sub(held, 0, 1);
    const ended = round % 100 === 1 ? pool.removeConnection(id) : pool.returnConnection(id);
    if (!ended) throw new Error(`${id} was no lease`);
  }
  parentPort.postMessage(ids);
}
