// Watches a dashboard's figures so many times at once, until it is told to stop by the end of its input.
import { once } from 'node:events';
import { get } from 'node:http';

const [url, count] = process.argv.slice(2);
for (let viewer = 0; viewer < Number(count); viewer++) {
  const [response] = await once(get(`${url}/api/live`, { agent: false }), 'response');
  response.resume();
}
console.log('watching');
process.stdin.resume().once('end', () => process.exit());
