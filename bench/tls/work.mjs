// One client, one process: POSTs, each on a connection of its own.
import { task } from '../harness/child.mjs';
import { measurePosts } from '../harness/posts.mjs';

const { url, ca, client, warmline, concurrency, plan } = task();
const { clients } = await import(warmline ? './warmline.mjs' : '../peers/handshakes.mjs');
const open = ({ body }) => clients[client]({ url, body, ca, concurrency });
await measurePosts({ client, open, concurrency, plan });
