// One gateway, in one process: passes on what its upstream streams, and says what that costs it.
import { createServer } from 'node:http';
import { progress, report, task } from '../harness/child.mjs';
import { gateways } from './gateways.mjs';

const { upstream, gateway, connections } = task();
const pass = await gateways[gateway](connections);

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function serve(request, response) {
  await pass(upstream + request.url, await bodyOf(request), response);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    // Whatever failed for a client that has left, nobody waits for it.
    if (response.destroyed) return;
    console.error(`${gateway}:`, error);
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => progress({ port: server.address().port }));

let from;
process.on('message', (message) => {
  if (message === 'begin') {
    from = {
      at: performance.now(),
      cpu: process.cpuUsage(),
      loop: performance.eventLoopUtilization(),
    };
  } else if (message === 'end') {
    const { user, system } = process.cpuUsage(from.cpu);
    progress({
      seconds: (performance.now() - from.at) / 1000,
      cpuSeconds: (user + system) / 1e6,
      loop: performance.eventLoopUtilization(from.loop).utilization,
      rss: process.memoryUsage.rss(),
    });
  } else {
    report({});
  }
});
