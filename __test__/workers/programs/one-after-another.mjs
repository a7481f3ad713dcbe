// The main thread never touches the addon: with each worker its only user goes, and the next one finds it as it should be.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const [origin] = process.argv.slice(2);
  for (let round = 0; round < 10; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: origin });
    const exit = once(worker, 'exit');
    const [answer] = await once(worker, 'message');
    if (round % 2 === 0) await worker.terminate();
    await exit;
    console.log(answer);
  }
} else {
  const { fetch, getConnection, returnConnection } = await import('warmline');
  const response = await fetch(workerData);
  returnConnection(getConnection(workerData));
  parentPort.postMessage(await response.text());
}
