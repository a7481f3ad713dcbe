// get + return on one pool by one or several threads, in one process.
import { MessageChannel, Worker } from 'node:worker_threads';
import { report, task } from '../harness/child.mjs';
import { cycle } from './cycle.mjs';
import { JsPool } from './js-pool.mjs';
import { makePool, servePool } from './shared-js-pool.mjs';

const { url, pool: kind, threads, warmUpSeconds, seconds } = task();

/** The pool's work by this thread alone. */
async function alone() {
  let pool = new JsPool();
  if (kind === 'warmline') {
    const { getConnection, returnConnection } = await import('warmline');
    pool = { getConnection, returnConnection };
  }
  cycle(pool, url, warmUpSeconds * 1000);
  return cycle(pool, url, seconds * 1000);
}

/** The same by several threads that share the pool; this one has it, if anyone must. */
async function together() {
  const pool = makePool(threads);
  const workers = Array.from({ length: threads }, () => {
    const { port1, port2 } = new MessageChannel();
    servePool(pool, port1);
    return new Worker(new URL('worker.mjs', import.meta.url), {
      workerData: { kind, url, port: port2, warmUpSeconds, seconds },
      transferList: [port2],
    });
  });
  const counts = await Promise.all(
    workers.map(
      (worker) =>
        new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

const pairs = threads === 1 ? await alone() : await together();
report({ perSecond: pairs / seconds });
