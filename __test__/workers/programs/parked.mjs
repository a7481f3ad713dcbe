// A worker returns a connection that it could lease again by itself: others get it, and do when the worker has ended.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch, SimpleConnectionPool } from 'warmline';
import { asking } from './ask.mjs';

if (isMainThread) await main();
else work();

async function main() {
  const [origin] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: origin });
  const ask = asking(worker);
  const pool = new SimpleConnectionPool('parked');
  const portOn = async (connection) => (await fetch(origin, { connection })).text();
  const idle = () => pool.getStats().idleConnections;
  const facts = {};

  const first = await ask('open');
  facts.idleWhileParked = idle();
  const here = pool.getConnection(origin);
  facts.sameHere = (await portOn(here)) === first;
  facts.idleWhileHere = idle();

  const second = await ask('open');
  facts.otherThere = second !== first;
  facts.turnsThere = await ask('turn');
  const theirs = await ask('take');
  facts.healthyHere = pool.healthCheck(theirs);
  facts.sentHere = (await portOn(theirs)) === second;
  facts.returnedThere = await ask('return');
  const again = await ask('take');
  facts.returnedHere = pool.returnConnection(again);
  facts.returnedTwice = await ask('return');

  await ask('open');
  await worker.terminate();
  facts.idleAfter = idle();
  const left = pool.getConnection(origin);
  facts.sameAfter = (await portOn(left)) === second;
  facts.removed = pool.removeConnection(left) && pool.removeConnection(here);
  facts.totalAfter = pool.getStats().totalConnections;
  console.log(JSON.stringify(facts));
}

function work() {
  const pool = new SimpleConnectionPool('parked');
  let id;
  const calls = {
    /** Has a connection within reach; its port. */
    async open() {
      pool.returnConnection(await pool.acquireConnection(workerData));
      id = pool.getConnection(workerData);
      const { localAddress } = await pool.connectionReady(id);
      pool.returnConnection(id);
      return localAddress.split(':').at(-1);
    },
    turn() {
      let turns = 0;
      for (; turns < 1000; turns++) pool.returnConnection(pool.getConnection(workerData));
      return turns;
    },
    take() {
      id = pool.getConnection(workerData);
      return id;
    },
    return: () => pool.returnConnection(id),
  };
  parentPort.on('message', async (call) => parentPort.postMessage(await calls[call]()));
}
