// A streaming response that nobody holds any more is stopped at the server, which then answers `/stopped`.
import { fetch, HttpClient } from 'warmline';

const [origin] = process.argv.slice(2);
const client = new HttpClient();

async function forget(send) {
  const response = await send(`${origin}/endless`);
  return response.status;
}

async function forgetRead(send) {
  const reader = (await send(`${origin}/endless`)).body.getReader();
  const { value } = await reader.read();
  return value.length > 0;
}

const kinds = [(url) => fetch(url), (url) => client.fetch(url)];
for (const send of kinds) console.log(await forget(send), await forgetRead(send));

let stopped = false;
const watched = fetch(`${origin}/stopped`).then(async (response) => {
  stopped = (await response.text()) === 'stopped';
});
while (!stopped) {
  globalThis.gc();
  await new Promise(setImmediate);
}
await watched;
await client.close();
console.log('stopped');
