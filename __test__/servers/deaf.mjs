// Listens with the shortest queue there is, prints its port, and never accepts a connection.
import { writeSync } from 'node:fs';
import { createServer } from 'node:net';

const SHORTEST_QUEUE = 1;

const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: SHORTEST_QUEUE }, () => {
  writeSync(process.stdout.fd, `${server.address().port}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
