// Leases at an HTTP/2 origin: each is one stream slot on a connection that they share. Prints what it
// finds as one line of JSON. Argument: the origin, which allows two streams at once.
import { fetch, SimpleConnectionPool } from 'warmline';

const [, , origin] = process.argv;
const pool = new SimpleConnectionPool('http2');
const ids = await Promise.all([1, 2, 3].map(() => pool.acquireConnection(origin)));
const infos = await Promise.all(ids.map((id) => pool.connectionReady(id)));
const answers = await Promise.all(
  ids.map(async (id) => {
    const response = await fetch(origin, { method: 'POST', body: 'x', connection: id });
    return response.text();
  }),
);
const full = pool.getStats().totalConnections;
for (const id of ids) pool.returnConnection(id);
const again = await pool.acquireConnection(origin);
const reused = (await pool.connectionReady(again)).localAddress;
// Removed, the connection takes nothing new.
pool.removeConnection(again);
const last = await pool.acquireConnection(origin);
console.log(
  JSON.stringify({
    protocols: infos.map(({ protocol }) => protocol),
    answers,
    connections: new Set(infos.map(({ localAddress }) => localAddress)).size,
    full,
    reused: infos.some(({ localAddress }) => localAddress === reused),
    healthy: pool.healthCheck(last),
    gone: pool.healthCheck(again),
  }),
);
