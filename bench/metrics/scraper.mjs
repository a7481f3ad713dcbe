// Scrapes a monitor as Prometheus does, in a process of its own, as it is told line by line: `times N`, one after another,
// which it says when they are over; `every N` milliseconds; `stop`.
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';

const [url] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const headers = {
  accept: 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5',
  'accept-encoding': 'gzip',
};

async function scrape() {
  const [response] = await once(get(`${url}/metrics`, { agent, headers }), 'response');
  if (response.statusCode !== 200) throw new Error(`the monitor says ${response.statusCode}`);
  await once(response.resume(), 'end');
}

let timer;
createInterface(process.stdin)
  .on('line', async (line) => {
    const [order, count] = line.split(' ');
    clearInterval(timer);
    if (order === 'every') timer = setInterval(scrape, Number(count));
    if (order !== 'times') return;
    for (let i = 0; i < Number(count); i++) await scrape();
    console.log('over');
  })
  .on('close', () => process.exit());
