import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type Loopback, listenOnLoopback } from './loopback.js';

/** A SOCKS5 proxy on loopback (RFC 1928). Names lead to 127.0.0.1, whatever they are. */
export interface SocksServer extends Loopback {
  /** Each `host:port` that a client asked for. */
  readonly asked: readonly string[];
}

const VERSION = 5;
const NAME = 3;
const METHOD = { none: 0, password: 2, refused: 255 };

/** With `credentials`, `user:password` is wanted (RFC 1929). */
export async function socksServer(credentials?: string): Promise<SocksServer> {
  const asked: string[] = [];

  async function serve(socket: Socket): Promise<void> {
    const [, count = 0] = await take(socket, 2);
    const offered = await take(socket, count);
    const method = credentials === undefined ? METHOD.none : METHOD.password;
    if (!offered.includes(method)) {
      socket.end(Buffer.from([VERSION, METHOD.refused]));
      return;
    }
    socket.write(Buffer.from([VERSION, method]));
    if (credentials !== undefined) {
      const [, userLength = 0] = await take(socket, 2);
      const user = await take(socket, userLength);
      const [passwordLength = 0] = await take(socket, 1);
      const password = await take(socket, passwordLength);
      const known = `${user}:${password}` === credentials;
      socket.write(Buffer.from([1, known ? 0 : 1]));
      if (!known) return;
    }
    const [, , , kind] = await take(socket, 4);
    const name = kind === NAME;
    const address = await take(socket, name ? ((await take(socket, 1))[0] ?? 0) : 4);
    const host = name ? address.toString() : address.join('.');
    const port = (await take(socket, 2)).readUInt16BE();
    asked.push(`${host}:${port}`);
    const onward = connect(port, name ? '127.0.0.1' : host);
    onward.on('error', () => socket.destroy());
    await once(onward, 'connect');
    socket.write(Buffer.from([VERSION, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    onward.pipe(socket);
    socket.pipe(onward);
  }

  const server = createServer((socket) => {
    // A client that leaves in mid-greeting is part of some tests.
    serve(socket).catch(() => socket.destroy());
  });
  return { ...(await listenOnLoopback(server)), asked };
}

/** The next bytes, exactly so many. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes: Buffer | null = socket.read(count);
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
}
