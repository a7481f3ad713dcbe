import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** An origin on this machine where nobody listens: that of {@link refusingPort}. */
export async function refusingOrigin(): Promise<string> {
  return `http://127.0.0.1:${await refusingPort()}`;
}

/**
 * A port of 127.0.0.1 where nobody listens. It is that of a client's end of a connection,
 * which stays open: so the system gives it to no server that another test starts meanwhile.
 */
export async function refusingPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = connect(server.address() as { port: number });
  const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
  for (const socket of [client, peer]) socket.unref();
  server.close();
  return client.localPort as number;
}
