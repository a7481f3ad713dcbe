// Eight threads at once send requests of every kind, and each gets its own answers.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch, HttpClient } from 'warmline';

const THREADS = 8;
const ROUNDS = 100;

if (isMainThread) await main();
else await work();

async function main() {
  const [origin] = process.argv.slice(2);
  const workers = Array.from(
    { length: THREADS },
    (_, thread) => new Worker(new URL(import.meta.url), { workerData: { origin, thread } }),
  );
  const exits = workers.map((worker) => once(worker, 'exit'));
  const counts = await Promise.all(
    workers.map(async (worker) => (await once(worker, 'message'))[0]),
  );
  await Promise.all(exits);
  console.log(counts.join(' '));
}

async function work() {
  const { origin, thread } = workerData;
  const client = new HttpClient();
  let right = 0;
  await Promise.all(
    Array.from({ length: ROUNDS }, async (_, round) => {
      const body = `${thread}:${round}:`.repeat(round * 10 + 1);
      const init = { method: 'POST', body };
      const texts = [
        await (await fetch(origin, init)).text(),
        await (await client.fetch(origin, init)).text(),
        (await client.request('POST', origin, { body })).text(),
      ];
      if (texts.every((text) => text === body)) right += 1;
    }),
  );
  await client.close();
  parentPort.postMessage(right);
}
