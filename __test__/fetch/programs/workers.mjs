// Terminates a worker that has requests in flight, while the main thread and another worker go on with theirs.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { implementation } from './implementation.mjs';

if (isMainThread) await main();
else await work();

async function main() {
  const [name, origin] = process.argv.slice(2);
  const fetch = await implementation(name);
  const start = (task) =>
    new Worker(new URL(import.meta.url), { workerData: { name, origin, task } });
  const doomed = start('/worker-silent');
  const other = start('/held');
  const held = fetch(`${origin}/held`);
  await Promise.all([once(doomed, 'message'), once(other, 'message')]);
  await (await fetch(`${origin}/arrived`)).text();
  await doomed.terminate();
  await (await fetch(`${origin}/terminated`)).text();
  const said = once(other, 'message');
  await (await fetch(`${origin}/release`)).text();
  console.log(`main: ${await (await held).text()}`);
  console.log(`worker: ${await said}`);
}

async function work() {
  const { name, origin, task } = workerData;
  const fetch = await implementation(name);
  const answers = Array.from({ length: 10 }, async () => (await fetch(origin + task)).text());
  parentPort.postMessage('asked');
  parentPort.postMessage((await Promise.all(answers)).join(' '));
}
