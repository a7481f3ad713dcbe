// One client, one process: POSTs, many at a time on one connection.
import { task } from '../harness/child.mjs';
import { measurePosts } from '../harness/posts.mjs';

const { url, ca, client, warmline, concurrency, plan } = task();
const { clients } = await import(warmline ? './warmline.mjs' : '../peers/http2.mjs');
const open = ({ body }) => clients[client]({ url, body, ca, concurrency });
await measurePosts({ client, open, concurrency, plan });
