// Half of a class's clients are on the engine, and so is whatever is made of those.
import OpenAI from 'openai';
import { getPatchStatus, patch } from 'warmline';

const [baseURL] = process.argv.slice(2);
const calls = () => getPatchStatus().patched[0].statistics.calls;

patch(OpenAI);
const clients = Array.from({ length: 400 }, () => new OpenAI({ apiKey: 'k', baseURL }));
for (const client of clients) await client.get('/');
const first = calls();
for (const client of clients) await client.withOptions({ timeout: 5000 }).get('/');
console.log(JSON.stringify({ clients: clients.length, calls: first, derived: calls() }));
