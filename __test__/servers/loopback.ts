import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server that listens on 127.0.0.1 and forgets nothing about the connections it accepted. */
export interface Loopback extends AsyncDisposable {
  /** The port that the system chose. */
  readonly port: number;
  /** Every TCP connection ever accepted, oldest first, closed ones included. */
  readonly accepted: readonly Socket[];
  /** Resolves with the connection of this index as soon as it is accepted. */
  connection(index: number): Promise<Socket>;
  /** Resolves once the connection of this index is accepted and closed again. */
  closed(index: number): Promise<void>;
}

/** Starts `server` on a free port of 127.0.0.1. Disposing destroys its connections and waits for its end. */
export async function listenOnLoopback(server: Server): Promise<Loopback> {
  const accepted: Socket[] = [];
  server.prependListener('connection', (socket: Socket) => {
    accepted.push(socket);
    // A client under test may reset the connection at any moment; that is its right and no fault of the server.
    socket.on('error', () => socket.destroy());
  });
  // Room for a thousand clients at once while this process is busy: the system resets some of those beyond it.
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

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
