// The real OpenAI SDK against the mock provider.
import OpenAI from 'openai';

/**
 * @param {object} options
 * @param {string} options.url the provider's
 * @param {boolean} options.patched
 * @param {import('openai').ClientOptions} [options.more]
 * @returns {Promise<OpenAI>}
 */
export async function openClient({ url, patched, more }) {
  const client = new OpenAI({
    apiKey: 'a-key-that-the-mock-does-not-look-at',
    baseURL: `${url}/v1`,
    maxRetries: 0,
    ...more,
  });
  if (!patched) return client;
  const { isNativeAvailable, patch } = await import('warmline');
  // It would be the client as it comes, compared with itself.
  if (!isNativeAvailable()) throw new Error('warmline is not built: npm run build');
  return patch(client);
}

/**
 * Asks for one completion that is not streamed, checks and counts it.
 *
 * @param {{ meter: import('./meter.mjs').Meter }} run
 */
export async function complete(client, request, run) {
  const start = performance.now();
  const completion = await client.chat.completions.create(request);
  if (!completion.choices[0]?.message.content) throw new Error('an answer without content');
  run.meter.latency(performance.now() - start);
  run.meter.count();
}
