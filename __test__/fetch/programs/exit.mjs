// Calls process.exit with requests in every state.
import { implementation } from './implementation.mjs';

const [name, origin] = process.argv.slice(2);
const fetch = await implementation(name);

const silent = Array.from({ length: 20 }, () => fetch(`${origin}/silent`));
const begun = await Promise.all(Array.from({ length: 20 }, () => fetch(`${origin}/begun`)));
const reading = begun.slice(10).map((response) => response.text());
const fresh = Array.from({ length: 20 }, () => fetch(`${origin}/silent`));
for (const left of [...silent, ...reading, ...fresh]) left.catch(() => {});
process.exit(7);
