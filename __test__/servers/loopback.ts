import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/**
 * The ports of servers, below those that the system gives out: those it would choose again and again as soon as most of
 * them wait for the last segments of connections that have closed, as they do after thousands of tests. Each of
 * vitest's workers has so many for itself.
 */
const PORTS = { from: 20_000, eachWorker: 1000, workers: 12 };
/** Of other programs, or kept by the system for itself. */
const IS_TAKEN: readonly unknown[] = ['EADDRINUSE', 'EACCES'];

/** A server that listens on 127.0.0.1 and forgets nothing about the connections it accepted. */
export interface Loopback extends AsyncDisposable {
  readonly port: number;
  /** Every TCP connection ever accepted, oldest first, closed ones included. */
  readonly accepted: readonly Socket[];
  /** Resolves with the connection of this index as soon as it is accepted. */
  connection(index: number): Promise<Socket>;
  /** Resolves once the connection of this index is accepted and closed again. */
  closed(index: number): Promise<void>;
}

const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % PORTS.workers;
let turn = randomInt(PORTS.eachWorker);

/** Each port in its turn, so that one which a server has left stays free for long. */
function nextPort(): number {
  turn = (turn + 1) % PORTS.eachWorker;
  return PORTS.from + worker * PORTS.eachWorker + turn;
}

async function listen(server: Server): Promise<number> {
  for (;;) {
    const port = nextPort();
    try {
      // Room for a thousand clients at once while this process is busy: the system resets some of those beyond it.
      await once(server.listen({ port, host: '127.0.0.1', backlog: 4096 }), 'listening');
      return port;
    } catch (error) {
      if (!IS_TAKEN.includes((error as NodeJS.ErrnoException).code)) throw error;
    }
  }
}

/** Starts `server` on a free port of 127.0.0.1. Disposing destroys its connections and waits for its end. */
export async function listenOnLoopback(server: Server): Promise<Loopback> {
  const accepted: Socket[] = [];
  server.prependListener('connection', (socket: Socket) => {
    accepted.push(socket);
    // A client under test may reset the connection at any moment; that is its right and no fault of the server.
    socket.on('error', () => socket.destroy());
  });
  const port = await listen(server);

  async function connection(index: number): Promise<Socket> {
    for (;;) {
      const socket = accepted[index];
      if (socket !== undefined) return socket;
      await once(server, 'connection');
    }
  }

  return {
    port,
    accepted,
    connection,
    async closed(index) {
      const socket = await connection(index);
      // Not `once`: it would reject at an error, which is one way to be closed.
      if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', resolve));
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of accepted) socket.destroy();
      await closed;
    },
  };
}
