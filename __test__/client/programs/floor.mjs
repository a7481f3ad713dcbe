// Has a floor of warm connections, and comes to its end without a word to the client.
import { HttpClient } from 'warmline';

const [origin] = process.argv.slice(2);
const client = new HttpClient({ minIdle: 3 });
await client.request('GET', origin);
while (client.getPoolMetrics().connectionsIdle < 3) await new Promise(setImmediate);
console.log('warm');
