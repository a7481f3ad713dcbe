// One client, one process: what it makes of connections that its server closes while they are idle.
import { setTimeout as wait } from 'node:timers/promises';
import { report, task } from '../harness/child.mjs';
import { seeded } from '../harness/random.mjs';

const { url, client, warmline, plan } = task();
const { concurrency = 1 } = plan;
const body = JSON.stringify({ model: 'mock-small', messages: [{ role: 'user', content: 'Hi' }] });
const { clients } = await import(warmline ? './warmline.mjs' : '../peers/clients.mjs');
const post = await clients[client]({ url, body, concurrency });

async function timed() {
  const start = performance.now();
  const answer = await post();
  if (answer.object !== 'chat.completion') throw new Error(`${client} read something else`);
  return performance.now() - start;
}

/** The first request after a pause, and the one right after that. */
async function firstAfterIdle({ rounds, idle }) {
  const figures = { first: 0, next: 0 };
  await timed();
  for (let round = 0; round < rounds; round++) {
    await wait(idle);
    figures.first += (await timed()) / rounds;
    figures.next += (await timed()) / rounds;
  }
  return figures;
}

/** Bursts with pauses between them, mostly about as long as the server keeps a connection at least. */
async function bursts({ requests, burst, pauses, longPauses, longShare, seed }) {
  const random = seeded(seed);
  const between = ([least, most]) => least + random() * (most - least);
  const errors = {};
  let sent = 0;
  let failed = 0;
  while (sent < requests) {
    for (let turn = 0; turn < burst; turn++) {
      const posts = await Promise.allSettled(Array.from({ length: concurrency }, timed));
      sent += concurrency;
      for (const { reason } of posts.filter(({ status }) => status === 'rejected')) {
        const code = reason.cause?.code ?? reason.code ?? reason.message;
        errors[code] = (errors[code] ?? 0) + 1;
        failed++;
      }
    }
    await wait(between(random() < longShare ? longPauses : pauses));
  }
  return { sent, failed, errors };
}

report(await (plan.idle === undefined ? bursts(plan) : firstAfterIdle(plan)));
