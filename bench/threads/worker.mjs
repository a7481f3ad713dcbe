// One of the threads that send POSTs.
import { parentPort, workerData } from 'node:worker_threads';
import { drive } from '../harness/drive.mjs';
import { Meter } from '../harness/meter.mjs';
import { openPosts } from '../harness/posts.mjs';

const { url, ca, client, warmline, protocol, concurrency } = workerData;

/** Where each kind of client is, by protocol. `fetch` is the same for both. */
const PEERS = { 'http/1.1': '../peers/clients.mjs', h2: '../peers/http2.mjs' };

const { clients } = await import(warmline ? '../requests/warmline.mjs' : PEERS[protocol]);
const open = ({ body }) => clients[client]({ url, ca, body, concurrency });
const postOnce = await openPosts({ client, open });

parentPort.on('message', async ({ burst, drive: plan }) => {
  if (burst !== undefined) {
    const run = { meter: new Meter() };
    await Promise.all(Array.from({ length: burst }, () => postOnce(run)));
    parentPort.postMessage(undefined);
  } else {
    parentPort.postMessage(await drive(postOnce, plan));
  }
});
