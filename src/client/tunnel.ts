import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { invalid } from '../native/invalid.js';
import { Reply, reply, welcome } from './socks.js';

/** Opens a connection of your own making: a TCP or unix socket, a channel of an SSH session, whatever is a duplex stream. */
export type ConnectFunction = (host: string, port: number) => Duplex | PromiseLike<Duplex>;

/** A way for a client's connections over a function of yours. */
export interface Tunnel extends AsyncDisposable {
  /** For the `proxy` of an {@link HttpClient}, or of {@link configure}. It holds a password: keep it to yourself. */
  readonly proxy: string;
  /** Opens no more connections, and ends those that are open. */
  close(): Promise<void>;
}

/** What a failure to connect is called in SOCKS5. */
const REPLIES: Readonly<Record<string, Reply>> = {
  ECONNREFUSED: Reply.refused,
  EHOSTUNREACH: Reply.hostUnreachable,
  ENOTFOUND: Reply.hostUnreachable,
  EAI_AGAIN: Reply.hostUnreachable,
  ENETUNREACH: Reply.networkUnreachable,
  ETIMEDOUT: Reply.expired,
};

/**
 * Has connections opened by a function of yours. The engine pools them as it does its own, speaks TLS and HTTP on them,
 * and closes them: what the function gives is to be a plain way to `host` and `port`, for each call a new one. (It is served as a
 * SOCKS5 proxy on 127.0.0.1 that asks for a password. All bytes pass through this thread, which costs several times what the
 * engine's own connections do; where a path of a unix socket, a proxy or a `dns.lookup` says what you need to say, take that.)
 *
 * A function that fails is a failure to connect, with the code `UND_ERR_SOCKS5_REPLY_5` for `ECONNREFUSED`, `_4` for hosts that
 * are not found or reached, `_3` for networks, `_6` for `ETIMEDOUT`, and `_1` for all else.
 *
 * An open tunnel does not keep the process alive.
 *
 * @throws {TypeError} for anything but a function. Rejects with what the system says if it cannot listen.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net'
 * import { createTunnel, HttpClient } from 'warmline'
 *
 * await using tunnel = await createTunnel((host, port) => connect({ host, port, localAddress: '127.0.0.1' }))
 * await using client = new HttpClient({ proxy: tunnel.proxy })
 * console.log((await client.request('GET', 'http://127.0.0.1:8080/')).status)
 * ```
 */
export async function createTunnel(connect: ConnectFunction): Promise<Tunnel> {
  if (typeof connect !== 'function') throw invalid('connect', 'a function', connect);
  // Others on this machine can reach the port, too.
  const password = randomBytes(32).toString('hex');
  const wanted = Buffer.from(password);
  const isPassword = (said: Buffer) =>
    said.length === wanted.length && timingSafeEqual(said, wanted);
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket.unref());
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    // Whoever leaves in the middle is gone, and what it asked for with it.
    serve(socket, isPassword, connect).catch(() => socket.destroy());
  });
  server.unref().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  // The names are the function's to look up.
  const proxy = `socks5h://warmline:${password}@127.0.0.1:${port}`;
  return { proxy, close, [Symbol.asyncDispose]: close };
}

async function serve(
  socket: Socket,
  isPassword: (password: Buffer) => boolean,
  connect: ConnectFunction,
): Promise<void> {
  const { host, port } = await welcome(socket, isPassword);
  let way: Duplex;
  try {
    way = await connected(await connect(host, port));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    reply(socket, REPLIES[code] ?? Reply.failed);
    socket.end();
    return;
  }
  if (socket.destroyed) {
    // Whoever asked for it has left meanwhile.
    way.destroy();
    return;
  }
  (way as Partial<Socket>).unref?.();
  reply(socket, Reply.succeeded);
  // Either end takes the other one with it.
  pipeline(socket, way, socket, () => {});
}

/** Waits for a socket that is still on its way. */
async function connected(way: Duplex): Promise<Duplex> {
  if ((way as Partial<Socket>).connecting) await once(way, 'connect');
  return way;
}
