// Leaves behind idle connections, leases and clients, none of which is a reason to stay.
import { fetch, getConnection, HttpClient, SimpleConnectionPool } from 'warmline';

const [origin] = process.argv.slice(2);
const client = new HttpClient();
await client.preconnect(origin, 3);
await (await fetch(origin)).text();
await client.request('GET', origin);
const id = await new SimpleConnectionPool('left').acquireConnection(origin);
getConnection(origin);
console.log(typeof id);
