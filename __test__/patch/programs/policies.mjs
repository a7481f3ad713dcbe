// What holds for the default client holds for the SDK clients that are patched, on every thread. Prints what became of
// the requests of each, once a limit is used up, and once a server has asked for a pause.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { configure, fetch, patch } from 'warmline';

const [origin, sdk] = isMainThread ? process.argv.slice(2) : workerData;
const LIMIT = 3;

/** A request of the patched client with this key. */
const clients = {
  async openai(apiKey) {
    const options = { apiKey, baseURL: `${origin}/v1`, maxRetries: 0 };
    await patch(new OpenAI(options)).models.list();
  },
  async anthropic(apiKey) {
    const options = { apiKey, authToken: null, baseURL: origin, maxRetries: 0 };
    await patch(new Anthropic(options)).models.list();
  },
};
const asks = {
  sdk: (key) => clients[sdk](key),
  async fetch(key) {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${origin}/v1/models`, { headers });
    if (response.status !== 200) throw Object.assign(new Error('refused'), response);
  },
};

/** The status of the response, or the code of the error under those that wrap it. */
async function outcome(how, key) {
  try {
    await asks[how](key);
    return 200;
  } catch (error) {
    let cause = error;
    while (cause.cause) cause = cause.cause;
    return cause.code ?? cause.status;
  }
}

if (isMainThread) {
  // Less time than the pause takes.
  const rateLimit = { requestsPerMinute: LIMIT, mode: 'refuse' };
  configure({ rateLimit, timeout: { total: 20_000 } });
  const worker = new Worker(new URL(import.meta.url), { workerData: [origin, sdk] });
  const there = async (how, key) => {
    worker.postMessage([how, key]);
    return (await once(worker, 'message'))[0];
  };
  const everywhere = async (key) => [
    await outcome('sdk', key),
    await there('sdk', key),
    await outcome('fetch', key),
    await there('fetch', key),
    await outcome('sdk', key),
    await there('sdk', key),
  ];
  const limited = await everywhere('limited');
  // A request there has it refused; the others are not sent.
  const paused = [await there('sdk', 'paused'), ...(await everywhere('paused'))];
  console.log(JSON.stringify({ limited, paused }));
  await worker.terminate();
} else {
  parentPort.on('message', async ([how, key]) => parentPort.postMessage(await outcome(how, key)));
}
