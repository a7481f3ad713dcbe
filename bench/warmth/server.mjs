// An HTTP/1.1 server that closes idle connections without a word of it beforehand, as many do.
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { task } from '../harness/child.mjs';

/** `keeps`: for how long a connection is kept idle, in milliseconds, between the two by chance. */
const { keeps, identity, thinks = 0 } = task();
const [shortest, longest] = keeps;

const ANSWER = JSON.stringify({ object: 'chat.completion', padding: 'x'.repeat(560) });

const counts = { connections: 0, requests: 0 };
const closing = new Map();

async function answer(request, response) {
  counts.requests++;
  clearTimeout(closing.get(request.socket));
  request.resume();
  await wait(thinks);
  response.setHeader('content-type', 'application/json');
  response.end(ANSWER, () => {
    const { socket } = request;
    const kept = shortest + Math.random() * (longest - shortest);
    closing.set(
      socket,
      setTimeout(() => socket.destroy(), kept),
    );
  });
}

const server = identity === undefined ? createServer(answer) : createSecureServer(identity, answer);
// Else it would tell clients when it closes.
server.keepAliveTimeout = 0;
server.on(identity === undefined ? 'connection' : 'secureConnection', (socket) => {
  counts.connections++;
  socket.once('close', () => {
    clearTimeout(closing.get(socket));
    closing.delete(socket);
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send(counts));
process.once('disconnect', () => process.exit());
