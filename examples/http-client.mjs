import { HttpClient } from 'warmline';

const base = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';
const headers = {
  'content-type': 'application/json',
  authorization: `Bearer ${process.env.OPENAI_API_KEY ?? 'none'}`,
};
const body = JSON.stringify({
  model: process.env.OPENAI_MODEL ?? 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Hello' }],
});

const client = new HttpClient({ maxConnections: 20, maxKeepaliveConnections: 5, timeout: 60_000 });
// Four connections are open before the first request needs one.
await client.preconnect(base, 4);
const answers = await Promise.all(
  Array.from({ length: 8 }, () =>
    client.request('POST', `${base}/chat/completions`, { headers, body }),
  ),
);
for (const { status, timings, connection } of answers) console.log(status, connection, timings);
console.log(client.getPoolMetrics());
await client.close();
