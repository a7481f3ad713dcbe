// Lets calls fail in every way, handles each rejection that a caller can see, and no other.
import { implementation } from './implementation.mjs';

const [name, origin, nobody] = process.argv.slice(2);
const fetch = await implementation(name);
const ignore = () => {};

const abort = new AbortController();
await Promise.allSettled([
  fetch(nobody),
  fetch('nonsense'),
  fetch(`${origin}/reset`),
  fetch(`${origin}/cut`).then((response) => response.text()),
  fetch(`${origin}/cut`).then((response) => response.clone().text()),
  fetch(origin, { signal: AbortSignal.abort() }),
]);

// Bodies that nobody reads: their failure is nobody's.
const unread = await fetch(`${origin}/begun`, { signal: abort.signal });
const looked = await fetch(`${origin}/begun`, { signal: abort.signal });
looked.body.getReader();
const cloned = await fetch(`${origin}/begun`, { signal: abort.signal });
cloned.clone();
await fetch(`${origin}/cut`);
const silent = fetch(`${origin}/silent`, { signal: abort.signal });
abort.abort(new Error('why'));
await silent.catch(ignore);

const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('broken')) });
await fetch(origin, { method: 'POST', body: broken, duplex: 'half' }).catch(ignore);
await (await fetch(`${origin}/whole`)).text();
console.log(`done ${unread.status}`);
