import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { portServer } from '../servers/ports.js';
import { answer, scriptedServer } from '../servers/scripted.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Far more than the test may take: what closes a connection here is not its expiry. */
const LONG = { keepaliveExpiry: 600_000 };

async function collectUntil(done: Promise<void>): Promise<void> {
  let isDone = false;
  done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    collectGarbage();
    await new Promise(setImmediate);
  }
}

it('a client that nobody holds any more closes its connections', async () => {
  await using server = await portServer();
  await (async () => {
    await new HttpClient(LONG).request('GET', server.origin);
  })();
  await collectUntil(server.closed(0));
});

it('a client that nobody holds any more answers first what it was asked', async () => {
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
  });
  const asked = new HttpClient(LONG).request('GET', server.origin).then((each) => each.text());
  const connection = await server.connection(0);
  await connection.bytes(1);
  for (let i = 0; i < 10; i++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  await connection.send(answer('answered'));
  expect(await asked).toBe('answered');
  await collectUntil(connection.closed);
});
