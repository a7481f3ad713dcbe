// A worker ends with every lease of an endpoint out, in each state that one can be in: all of them end with it.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch, SimpleConnectionPool } from 'warmline';

const PER_ENDPOINT = 10;
const pool = new SimpleConnectionPool('left');

if (isMainThread) await main();
else await work();

async function main() {
  const [origin, end] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: origin });
  const [ids] = await once(worker, 'message');
  const text = async (path, init) => (await fetch(origin + path, init)).text();
  const facts = { full: pool.getConnection(origin) === null };
  // A request of this thread's on a connection of the other's goes on.
  const late = text('/late', { connection: ids[1] });
  await text('/arrived');
  if (end === 'terminated') await worker.terminate();
  else {
    worker.postMessage('return');
    await once(worker, 'exit');
  }
  facts.leased = ids.filter((id) => pool.healthCheck(id)).length;
  facts.returned = ids.filter((id) => pool.returnConnection(id)).length;
  const leases = [];
  while (leases.length < PER_ENDPOINT - 1) leases.push(await pool.acquireConnection(origin));
  await text('/release');
  facts.late = await late;
  leases.push(await pool.acquireConnection(origin));
  facts.leases = new Set(leases).size;
  console.log(JSON.stringify(facts));
}

async function work() {
  const origin = workerData;
  const ids = [];
  while (ids.length < PER_ENDPOINT - 2) ids.push(await pool.acquireConnection(origin));
  // One that this thread has taken again by itself,
  pool.returnConnection(await pool.acquireConnection(origin));
  ids.push(pool.getConnection(origin));
  // one with a request on it,
  fetch(`${origin}/held`, { connection: ids[0] }).catch(() => {});
  // and one that is still connecting.
  ids.push(pool.getConnection(origin));
  parentPort.postMessage(ids);
  parentPort.once('message', () => process.exit());
}
