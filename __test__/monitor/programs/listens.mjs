// Listens, is asked over a connection that stays open, and has nothing more to do.
import { Agent, get } from 'node:http';
import { createMonitor } from 'warmline/monitor';

const { url } = await createMonitor().listen(0);
const agent = new Agent({ keepAlive: true });
get(`${url}/metrics`, { agent }, (response) => {
  response.resume().on('end', () => console.log(response.statusCode));
});
