// The real OpenAI SDK on one transport, in one process: chat completions that are not streamed.
import OpenAI from 'openai';
import { report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';
import { stubFetch } from './stub.mjs';

const { url, transport, concurrency, plan } = task();

const client = new OpenAI({
  apiKey: 'a-key-that-the-mock-does-not-look-at',
  baseURL: `${url}/v1`,
  maxRetries: 0,
  ...(transport === 'stub' && { fetch: stubFetch }),
});
if (transport === 'patched') {
  const { isNativeAvailable, patch } = await import('warmline');
  // It would be the client as it comes, compared with itself.
  if (!isNativeAvailable()) throw new Error('warmline is not built: npm run build');
  patch(client);
}

const REQUEST = {
  model: 'mock-small',
  messages: [{ role: 'user', content: 'x'.repeat(950) }],
};

async function complete(run) {
  const start = performance.now();
  const completion = await client.chat.completions.create(REQUEST);
  if (!completion.choices[0]?.message.content) throw new Error('an answer without content');
  run.meter.latency(performance.now() - start);
  run.meter.count();
  // The stub answers without ever leaving the microtasks; timers have to run, too.
  if (transport === 'stub' && performance.now() - breath > BREATH_MILLISECONDS) await breathe();
}

const BREATH_MILLISECONDS = 10;
let breath = performance.now();
let breathing;

/** One turn of the event loop that all workers wait for together. */
function breathe() {
  breathing ??= new Promise((resolve) => {
    setImmediate(() => {
      breath = performance.now();
      breathing = undefined;
      resolve();
    });
  });
  return breathing;
}

report(await drive(complete, { ...plan, concurrency }));
