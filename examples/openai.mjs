import OpenAI from 'openai';
import { getPatchStatus, patch } from 'warmline';

const client = patch(
  new OpenAI({
    baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1',
    apiKey: process.env.OPENAI_API_KEY ?? 'none',
  }),
);
console.log(getPatchStatus());

const question = {
  model: process.env.OPENAI_MODEL ?? 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Say something warm.' }],
};
const answer = await client.chat.completions.create(question);
console.log(answer.choices[0].message.content);

for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '');
}
console.log();
