import { fetch } from 'warmline';

const base = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';
const headers = { authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}` };

const models = await fetch(`${base}/models`, { headers, signal: AbortSignal.timeout(10_000) });
console.log(models.status, (await models.json()).data.length, 'models');

// What goes wrong says what, where and how far it got.
try {
  await fetch('http://127.0.0.1:9/', { timeout: { connect: 1_000 } });
} catch (error) {
  const { code, phase, origin, attempt, bytesSent, retryable } = error.cause;
  console.log(error.message, { code, phase, origin, attempt, bytesSent, retryable });
}
