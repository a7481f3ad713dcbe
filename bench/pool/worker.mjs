// One of the threads that share a pool.
import { parentPort, workerData } from 'node:worker_threads';
import { cycle } from './cycle.mjs';
import { cycleRemotely, RemotePool } from './shared-js-pool.mjs';

const { kind, url, port, warmUpSeconds, seconds } = workerData;

/** @returns {Promise<(milliseconds: number) => number | Promise<number>>} */
async function pairsWithin() {
  if (kind === 'plain JS') {
    const pool = new RemotePool(port);
    return (milliseconds) => cycleRemotely(pool, url, milliseconds);
  }
  const { getConnection, returnConnection } = await import('warmline');
  return (milliseconds) => cycle({ getConnection, returnConnection }, url, milliseconds);
}

const run = await pairsWithin();
await run(warmUpSeconds * 1000);
parentPort.postMessage(await run(seconds * 1000));
port.close();
