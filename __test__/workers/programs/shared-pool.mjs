// Leases in one thread what other threads look at, send on and give back.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch, SimpleConnectionPool } from 'warmline';
import { asking } from './ask.mjs';

if (isMainThread) await main();
else work();

async function main() {
  const [origin] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: origin });
  const ask = asking(worker);
  const pool = new SimpleConnectionPool('shared');
  const id = await pool.acquireConnection(origin);
  const { localAddress } = await pool.connectionReady(id);
  const port = localAddress.split(':').at(-1);
  const facts = {
    seenActive: (await ask({ call: 'getStats' })).activeConnections,
    healthyThere: await ask({ call: 'healthCheck', id }),
    sentThere: (await ask({ call: 'fetch', id })) === port,
    returnedThere: await ask({ call: 'returnConnection', id }),
    returnedHere: pool.returnConnection(id),
    activeHere: pool.getStats().activeConnections,
    otherName: (await ask({ call: 'getStats', name: 'other' })).totalConnections,
  };
  const theirs = await ask({ call: 'acquireConnection' });
  facts.sameConnection =
    (await (await fetch(origin, { connection: theirs })).text()) === port && theirs !== id;
  await worker.terminate();
  console.log(JSON.stringify(facts));
}

function work() {
  parentPort.on('message', async ({ call, id, name = 'shared' }) => {
    const pool = new SimpleConnectionPool(name);
    if (call === 'fetch') {
      parentPort.postMessage(await (await fetch(workerData, { connection: id })).text());
    } else if (call === 'acquireConnection') {
      parentPort.postMessage(await pool.acquireConnection(workerData));
    } else {
      parentPort.postMessage(pool[call](id));
    }
  });
}
