// Names that a function of a thread's is still looking up keep neither the thread nor the process.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HttpClient } from 'warmline';

if (isMainThread) {
  const [origin] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: origin });
  await once(worker, 'message');
  await worker.terminate();
  console.log('the worker has ended');

  const { port } = new URL(origin);
  let asked = 0;
  const client = new HttpClient({
    maxKeepaliveConnections: 0,
    dns: {
      lookup(_, __, callback) {
        asked += 1;
        if (asked === 1) callback(null, [{ address: '127.0.0.1', ttl: 0.001 }]);
      },
    },
  });
  while (asked < 2) await client.request('GET', `http://a.test:${port}/`);
  console.log('the answer is being refreshed');
} else {
  const lookup = () => parentPort.postMessage('asked');
  const client = new HttpClient({ dns: { lookup } });
  await client.request('GET', `http://a.test:${new URL(workerData).port}/`);
}
