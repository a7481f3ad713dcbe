// A handful of requests to a real provider, as the client comes and patched, one after the other.
import OpenAI from 'openai';
import { align, duration, paint } from '../harness/terminal.mjs';

const REQUESTS = 5;

/** Few tokens: each of these requests is paid for. */
const MAX_TOKENS = 16;

async function ask(client, model) {
  const start = performance.now();
  const stream = await client.chat.completions.create({
    model,
    max_completion_tokens: MAX_TOKENS,
    stream: true,
    messages: [{ role: 'user', content: 'Say hello in three words.' }],
  });
  let firstEvent;
  let events = 0;
  for await (const _ of stream) {
    firstEvent ??= performance.now() - start;
    events++;
  }
  return { firstEvent, whole: performance.now() - start, events };
}

/**
 * @param {{ json: boolean }} options
 * @returns {Promise<number>} the exit code
 */
export async function runReal({ json }) {
  const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = process.env;
  const missing = Object.entries({
    OPENAI_BASE_URL: baseURL,
    OPENAI_API_KEY: apiKey,
    OPENAI_MODEL: model,
  })
    .filter(([, value]) => !value)
    .map(([name]) => name);
  if (missing.length > 0) {
    console.error(`--real needs ${missing.join(', ')} in the environment.`);
    return 1;
  }
  const { patch } = await import('warmline');
  const report = {};
  for (const name of ['openai', 'openai + patch(client)']) {
    const client = new OpenAI({ apiKey, baseURL, maxRetries: 0 });
    if (name !== 'openai') patch(client);
    const answers = [];
    for (let index = 0; index < REQUESTS; index++) {
      try {
        answers.push(await ask(client, model));
      } catch (error) {
        console.error(`${name}: ${withoutKey(error, apiKey)}`);
        return 1;
      }
    }
    report[name] = answers;
  }
  console.log(json ? JSON.stringify(report, null, 2) : table(report, baseURL, model));
  return 0;
}

/** Some providers repeat the key in their error. */
function withoutKey(error, apiKey) {
  return String(error instanceof Error ? error.message : error).replaceAll(apiKey, '[the key]');
}

function table(report, baseURL, model) {
  const rows = Object.entries(report).map(([name, answers]) => [
    name,
    ...answers.map(({ firstEvent, whole }) => `${duration(firstEvent)} / ${duration(whole)}`),
  ]);
  const numbers = Array.from({ length: REQUESTS }, (_, index) =>
    paint('dim', `request ${index + 1}`),
  );
  return [
    '',
    `${paint('bold', `${model} at ${new URL(baseURL).host}`)}: first event / whole answer`,
    ...align([['', ...numbers], ...rows]),
  ].join('\n');
}
