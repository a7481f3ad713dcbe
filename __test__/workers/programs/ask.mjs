// Questions to a worker that answers each with one message.
import { once } from 'node:events';

/** @param {import('node:worker_threads').Worker} worker */
export const asking = (worker) => async (question) => {
  const answer = once(worker, 'message');
  worker.postMessage(question);
  return (await answer)[0];
};
