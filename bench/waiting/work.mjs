// Many requests behind one rate limit, in one process: what they cost while they wait, or what it is to let them go.
import { setTimeout as wait } from 'node:timers/promises';
import { report, task } from '../harness/child.mjs';
import { settledRss } from '../harness/settled.mjs';

const { url, module, kind, plan } = task();
const { open } = await import(module);

const PRIORITIES = ['high', 'low'];
const body = JSON.stringify({ model: 'mock-small', messages: [{ role: 'user', content: 'Hi' }] });
const opened = (perWindow, window) =>
  open({ url, body, perWindow, window, connections: plan.connections });

/** Nothing moves: one may go in a minute, and one has gone. */
async function cost() {
  const { ask, waiting, stop } = await opened(1, 60_000);
  await ask('first', 'high');
  let joined = 0;
  const join = async (count) => {
    for (let number = 0; number < count; number++) {
      // They end with the client, by an error.
      ask(`high ${number}`, 'high').catch(() => undefined);
    }
    joined += count;
    while (waiting() < joined) await wait(1);
  };
  // Code and the first buffers are no request's cost.
  await join(plan.requests / 10);
  const before = await settledRss();
  await join(plan.requests);
  const after = await settledRss();
  const { cpu, seconds } = { cpu: process.cpuUsage(), seconds: plan.quietSeconds };
  await wait(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  stop();
  return { bytesEach: (after - before) / plan.requests, cpu: (user + system) / (seconds * 1e6) };
}

/** All of them go, as the limit lets them. */
async function release() {
  const { ask, stop } = await opened(plan.perWindow, plan.window);
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  await Promise.all(
    Array.from({ length: plan.requests }, (_, number) => {
      const priority = PRIORITIES[number % PRIORITIES.length];
      return ask(`${priority} ${number}`, priority);
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const { active } = performance.eventLoopUtilization(loop);
  stop();
  return {
    cpuMicros: (user + system) / plan.requests,
    mainMicros: (active * 1000) / plan.requests,
  };
}

report(await (kind === 'cost' ? cost() : release()));
