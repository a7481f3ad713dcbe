// Four threads that send to one origin by HTTP/2, all at once and before there is a connection; then two of them end,
// and the others send again, and so does the main thread. Prints every answer once.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch } from 'warmline';

const THREADS = 4;
const REQUESTS = 25;

if (isMainThread) await main();
else work();

async function main() {
  const [origin] = process.argv.slice(2);
  const workers = Array.from(
    { length: THREADS },
    () => new Worker(new URL(import.meta.url), { workerData: origin }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const [first, second, ...others] = workers;
  const answers = new Set(await sendFrom(workers));
  // One comes to its end, the other is stopped.
  first.postMessage('end');
  await Promise.all([once(first, 'exit'), second.terminate()]);
  for (const answer of await sendFrom(others)) answers.add(answer);
  for (const answer of await send(origin)) answers.add(answer);
  const status = await (await fetch(`${origin}/status`)).text();
  console.log(JSON.stringify({ answers: [...answers], status }));
  for (const worker of others) worker.postMessage('end');
}

async function sendFrom(workers) {
  const sent = workers.map(async (worker) => {
    worker.postMessage('send');
    const [answers] = await once(worker, 'message');
    return answers;
  });
  return (await Promise.all(sent)).flat();
}

function work() {
  parentPort.on('message', async (order) => {
    if (order === 'end') parentPort.close();
    else parentPort.postMessage(await send(workerData));
  });
  parentPort.postMessage('ready');
}

async function send(origin) {
  return Promise.all(
    Array.from({ length: REQUESTS }, async () =>
      (await fetch(origin, { method: 'POST', body: 'x' })).text(),
    ),
  );
}
