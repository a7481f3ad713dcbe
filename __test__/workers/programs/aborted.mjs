// A thousand aborts, at every stage; then the pool is clean, and nothing keeps the process.
import { HttpClient } from 'warmline';

const [origin] = process.argv.slice(2);
const client = new HttpClient({ maxConnections: 50 });
const reason = new Error('on purpose');
let stopped = 0;

async function expectStopped(promise) {
  try {
    await promise;
  } catch (error) {
    if (error === reason) stopped += 1;
  }
}

await Promise.all(
  Array.from({ length: 1000 }, async (_, i) => {
    const abort = new AbortController();
    const { signal } = abort;
    const path = i % 2 === 0 ? '/silent' : '/begun';
    const asked =
      i % 3 === 0
        ? client.request('GET', origin + path, { signal })
        : client.fetch(origin + path, { signal }).then((response) => response.text());
    const ended = expectStopped(asked);
    if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, i % 20));
    else if (i % 5 === 1) await new Promise(setImmediate);
    else if (i % 5 === 2) process.nextTick(() => abort.abort(reason));
    abort.abort(reason);
    await ended;
  }),
);

const whole = await client.request('GET', `${origin}/whole`);
let metrics = client.getPoolMetrics();
while (metrics.connectionsActive + metrics.connectionsPending + metrics.pendingRequests > 0) {
  await new Promise(setImmediate);
  metrics = client.getPoolMetrics();
}
console.log(JSON.stringify({ stopped, whole: whole.text(), idle: metrics.connectionsIdle > 0 }));
