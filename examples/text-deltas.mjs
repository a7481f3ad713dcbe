import { fetch, ProviderError, textDeltas } from 'warmline';

const base = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';

const response = await fetch(`${base}/chat/completions`, {
  method: 'POST',
  headers: {
    authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}`,
    'content-type': 'application/json',
  },
  body: JSON.stringify({
    model: process.env.OPENAI_MODEL ?? 'gpt-5-mini',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Hello!' }],
  }),
});

const deltas = textDeltas(response);
try {
  for await (const text of deltas) process.stdout.write(text);
} catch (error) {
  if (!(error instanceof ProviderError)) throw error;
  console.error(error.type, error.message);
}
console.log('\n', deltas.usage);
