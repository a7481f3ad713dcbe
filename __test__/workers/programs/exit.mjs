// Ends in the middle of everything that can be under way.
import { fetch, getConnection, HttpClient, SimpleConnectionPool } from 'warmline';

const [origin] = process.argv.slice(2);
const client = new HttpClient({ maxConnections: 5 });
const pool = new SimpleConnectionPool('left');
const begun = await client.fetch(`${origin}/begun`);
const left = [
  begun.text(),
  ...Array.from({ length: 20 }, () => client.request('GET', `${origin}/silent`)),
  ...Array.from({ length: 20 }, () => fetch(`${origin}/silent`)),
  ...Array.from({ length: 20 }, () => pool.acquireConnection(origin)),
  client.preconnect(origin, 5),
  fetch(`${origin}/silent`, { connection: getConnection(origin) }),
  client.close(),
];
for (const each of left) each.catch(() => {});
if (process.argv[3] === 'at once') process.exit(7);
setImmediate(() => setImmediate(() => process.exit(7)));
