// What one thread is told by a server holds in another one.
import { subscribe } from 'node:diagnostics_channel';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HttpClient } from 'warmline';
import { asking } from './ask.mjs';

const open = () =>
  new HttpClient({ retry: false, circuitBreaker: { failureThreshold: 2 }, timeout: 5000 });

if (isMainThread) await main();
else work();

async function main() {
  const [origin] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: origin });
  const ask = asking(worker);
  await ask('begin');
  const client = open();
  const status = async (path, key) => {
    const headers = { authorization: key };
    return (await client.request('GET', `${origin}${path}`, { headers })).status;
  };
  const facts = {
    busy: await status('/busy', 'a'),
    busyThere: await ask('/busy'),
    broken: [await status('/broken', 'b'), await status('/broken', 'b')],
    brokenThere: await ask('/broken'),
    toldThere: await ask('told'),
  };
  await ask('reset');
  facts.closedHere = client.getCircuitBreakers()[0].state;
  await worker.terminate();
  console.log(JSON.stringify(facts));
}

function work() {
  const origin = workerData;
  const client = open();
  const told = [];
  let wake = () => {};
  subscribe('warmline:circuit-breaker', ({ to }) => {
    told.push(to);
    wake();
  });
  parentPort.on('message', async (question) => {
    if (question === 'begin') {
      parentPort.postMessage('begun');
    } else if (question === 'told') {
      if (told.length === 0) await new Promise((resolve) => (wake = resolve));
      parentPort.postMessage(told[0]);
    } else if (question === 'reset') {
      client.resetCircuitBreakers();
      parentPort.postMessage('reset');
    } else {
      const headers = { authorization: question === '/busy' ? 'a' : 'b' };
      const request = client.request('GET', `${origin}${question}`, { headers });
      parentPort.postMessage(
        await request.then(
          ({ status }) => status,
          ({ code }) => code,
        ),
      );
    }
  });
}
