// Sends requests, fifty at a time, by each way of an HttpClient; prints by how many bytes the old generation has grown
// for each of them.
import { getHeapSpaceStatistics } from 'node:v8';

import { HttpClient } from 'warmline';

const [origin] = process.argv.slice(2);
const client = new HttpClient();
const init = {
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify('x'.repeat(1000)),
};
const ways = {
  request: async () => (await client.request('POST', origin, init)).json(),
  fetch: async () => (await client.fetch(origin, { method: 'POST', ...init })).json(),
};

const old = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space').space_used_size;

async function send(way, count) {
  let left = count;
  const one = async () => {
    while (left-- > 0) await way();
  };
  await Promise.all(Array.from({ length: 50 }, one));
}

for (const [name, way] of Object.entries(ways)) {
  await send(way, 3000);
  // What is there now is of the old generation from here on.
  for (let i = 0; i < 3; i++) gc({ type: 'minor' });
  const before = old();
  await send(way, 10_000);
  console.log(name, Math.round((old() - before) / 10_000));
}
