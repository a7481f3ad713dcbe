// The way to a server that is far: what goes through arrives half a round trip later.
import { connect, createServer } from 'node:net';
import { task } from '../harness/child.mjs';

const { target, roundTrip } = task();

/** @param {number} earliest when the first bytes can be on their way */
function carry(from, to, earliest) {
  const underway = [];
  const later = (arrive) => {
    underway.push(arrive);
    const start = Math.max(performance.now(), earliest);
    // Timers of different lengths may change places, what they are for may not.
    setTimeout(() => underway.shift()(), start + roundTrip / 2 - performance.now());
  };
  from.setNoDelay(true);
  from.on('data', (piece) => later(() => to.write(piece)));
  from.once('end', () => later(() => to.end()));
  from.once('error', () => later(() => to.destroy()));
}

const server = createServer({ allowHalfOpen: true }, (client) => {
  const origin = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
  // The system here says at once that a connection is open; from afar that takes a round trip.
  carry(client, origin, performance.now() + roundTrip);
  carry(origin, client, 0);
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit());
