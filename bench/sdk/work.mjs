// The real OpenAI SDK on one transport, in one process: chat completions that are not streamed.
import { report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';
import { complete, openClient } from '../harness/openai.mjs';
import { stubFetch } from './stub.mjs';

const { url, transport, concurrency, plan } = task();

const client = await openClient({
  url,
  patched: transport === 'patched',
  more: transport === 'stub' ? { fetch: stubFetch } : {},
});

const REQUEST = {
  model: 'mock-small',
  messages: [{ role: 'user', content: 'x'.repeat(950) }],
};

async function completeOnce(run) {
  await complete(client, REQUEST, run);
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

report(await drive(completeOnce, { ...plan, concurrency }));
