// Has its endpoints checked, and comes to its end without a word to the client.
import { HttpClient } from 'warmline';

const endpoints = process.argv.slice(2);
const client = new HttpClient({ endpoints, activeChecks: { interval: 1, path: '/health' } });
while (client.getEndpoints().some(({ healthy }) => healthy)) await new Promise(setImmediate);
console.log('checked');
