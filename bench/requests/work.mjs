// One client, one level of concurrency, one process.
import { task } from '../harness/child.mjs';
import { measurePosts } from '../harness/posts.mjs';

const { url, client, warmline, concurrency, plan } = task();
const { clients } = await import(warmline ? './warmline.mjs' : '../peers/clients.mjs');
const open = ({ body }) =>
  clients[client]({ url: `${url}/v1/chat/completions`, body, concurrency });
await measurePosts({ client, open, concurrency, plan });
