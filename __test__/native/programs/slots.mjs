// Requests that are aborted in the turn in which they are made; prints how many slots it takes to have made them all.
import { fetch } from 'warmline';
import { engine } from '../../../dist/native/link.js';

const [origin] = process.argv.slice(2);
for (let round = 0; round < 100; round++) {
  const controller = new AbortController();
  const { signal } = controller;
  const requests = Array.from({ length: 10 }, () => fetch(origin, { signal }));
  // Once they are on their way, and before the engine has looked at them.
  process.nextTick(() => controller.abort());
  await Promise.allSettled(requests);
  await (await fetch(origin)).text();
}
const next = { slot: -1, onError() {}, onValue: () => console.log(next.asked) };
engine().preconnect(next, 0, 1, origin);
next.asked = next.slot;
