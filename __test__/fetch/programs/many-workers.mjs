// Starts workers again and again; each makes requests, and ends in another way.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { implementation } from './implementation.mjs';

const ENDINGS = ['returns', 'exits', 'throws', 'leaves one unread', 'leaves one unanswered'];

if (isMainThread) await main();
else await work();

async function main() {
  const [name, origin] = process.argv.slice(2);
  const fetch = await implementation(name);
  for (let round = 0; round < 4; round++) {
    await Promise.all(
      ENDINGS.map(async (ending) => {
        const worker = new Worker(new URL(import.meta.url), {
          workerData: { name, origin, ending },
        });
        const event = ending === 'leaves one unanswered' ? 'message' : 'exit';
        // Not events.once, which an error on purpose would make reject.
        await new Promise((resolve) => worker.once(event, resolve).on('error', () => {}));
        await worker.terminate();
      }),
    );
    console.log(await (await fetch(`${origin}/whole`)).text());
  }
}

async function work() {
  const { name, origin, ending } = workerData;
  const fetch = await implementation(name);
  await Promise.all([1, 2, 3].map(async () => (await fetch(`${origin}/whole`)).text()));
  if (ending === 'exits') process.exit(0);
  if (ending === 'throws') throw new Error('on purpose');
  if (ending === 'leaves one unread') await fetch(`${origin}/whole`);
  if (ending === 'leaves one unanswered') {
    fetch(`${origin}/silent`).catch(() => {});
    parentPort.postMessage('asked');
  }
}
