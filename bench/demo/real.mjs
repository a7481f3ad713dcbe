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
  const { OPENAI_API_KEY: apiKey, OPENAI_MODEL: model = 'gpt-4o-mini' } = process.env;
  const { patch } = await import('warmline');
  const clients = { openai: newClient(), 'openai + patch(client)': newClient() };
  patch(clients['openai + patch(client)']);
  const report = {};
  for (const [name, client] of Object.entries(clients)) {
    report[name] = [];
    for (let index = 0; index < REQUESTS; index++) {
      try {
        report[name].push(await ask(client, model));
      } catch (error) {
        console.error(`${name}: ${withoutKey(describe(error), apiKey)}`);
        return 1;
      }
    }
  }
  console.log(json ? JSON.stringify(report, null, 2) : table(report, clients.openai, model));
  return 0;
}

/** The address and the key are OPENAI_BASE_URL and OPENAI_API_KEY, which the package reads itself. */
const newClient = () => new OpenAI({ maxRetries: 0 });

/** What went wrong and why: the package's own message of a failed connection names no cause. */
function describe(error) {
  const messages = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages.join(' ');
}

/** Some providers repeat the key in their error. */
const withoutKey = (text, key) => text.replaceAll(key, '[the key]');

function table(report, { baseURL }, model) {
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
