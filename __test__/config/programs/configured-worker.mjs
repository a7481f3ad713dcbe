// A thread that knows of no configuration, and fetches.
import { parentPort, workerData } from 'node:worker_threads';
import { fetch } from 'warmline';

const outcome = await fetch(workerData).then(
  (response) => response.status,
  (error) => error.cause.code,
);
parentPort.postMessage(outcome);
