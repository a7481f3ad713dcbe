// Panics at each place where JavaScript enters the engine, and in what runs on it. Prints what became of
// the call and of a neighbour, and whether the next request is answered. Runs in a copy of the package whose
// binding has the feature `provoked-panics`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

import { fetch, HttpClient, SimpleConnectionPool } from 'warmline';
import { Meter } from './dist/native/passing.js';
import { Wish } from './dist/native/wire.js';

const { provokePanic } = createRequire(import.meta.url)('./native/binding.cjs');

/** The halves of responses, to be ended once their heads have been seen. */
const open = [];
let served = 0;
const server = createServer((request, response) => {
  served += 1;
  if (request.url === '/half') {
    response.write('half');
    open.push(response);
  } else {
    response.end('ok');
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const get = async (path) => (await fetch(origin + path)).text();
const client = new HttpClient({
  dns: { lookup: (_name, _options, answer) => setImmediate(answer, null, '127.0.0.1', 4) },
  retry: false,
});
const pool = new SimpleConnectionPool();
const meter = new Meter(Wish.textOfEvents);

/** Two requests of one turn, in their order. */
const both = () => Promise.allSettled([get('/'), get('/')]);
const half = async () => {
  const response = await fetch(`${origin}/half`);
  const text = response.text();
  await Promise.allSettled([text]);
  for (const each of open.splice(0)) each.end();
  return text;
};
const acts = {
  function: () => pool.cleanup(),
  constructor: () => new Meter(Wish.textOfEvents),
  method: () => meter.feed(new Uint8Array(1)),
  answer: () => client.request('GET', `http://a.test:${server.address().port}/`),
  body: half,
  opening: both,
  intake: both,
  submission: both,
  drain: both,
};

const told = (error) => {
  const it = error.cause ?? error;
  return [error.name, it.name, it.code, it.phase].join(' ');
};
const settled = (outcome) => outcome.value ?? told(outcome.reason);

for (const [place, act] of Object.entries(acts)) {
  provokePanic(place);
  let came;
  try {
    came = (await act()).map(settled);
  } catch (error) {
    came = [told(error)];
  }
  console.log(JSON.stringify([place, came, await get('/')]));
}

// A client that sends failures again, here and to another endpoint, does not after these.
let lookups = 0;
const retrying = new HttpClient({
  dns: {
    lookup: (_name, _options, answer) => {
      lookups += 1;
      setImmediate(answer, null, '127.0.0.1', 4);
    },
  },
  endpoints: ['b.test', 'c.test'].map((host) => `http://${host}:${server.address().port}`),
  retry: { attempts: 3, backoffFactor: 0, exceptions: ['ConnectError', 'WARMLINE_PANIC'] },
});
for (const place of ['answer', 'opening', 'intake', 'submission', 'drain']) {
  const before = served;
  provokePanic(place);
  const { code } = await retrying.request('GET', '/').catch((error) => error);
  console.log(JSON.stringify([`after ${place}`, code, lookups, served - before]));
}
// The clients' ends keep nothing alive; the server's do, and a connection that never carried a request is
// not idle to it.
server.close();
server.closeAllConnections();
