// Threads of one process are one member; and it ends by itself, whether it has found anybody or not.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { configure, getFleetLimits } from 'warmline';

const file = isMainThread ? process.argv[2] : workerData;
await configure(file);
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: file });
  worker.on('message', (processes) => console.log(processes));
  worker.once('exit', () => console.log(getFleetLimits()[0].processes));
} else {
  parentPort.postMessage(getFleetLimits()[0].processes);
}
