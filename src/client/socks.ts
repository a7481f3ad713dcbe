/** The server's part of SOCKS5 (RFC 1928), as far as an engine on the same machine makes use of it. */

import { once } from 'node:events';
import type { Socket } from 'node:net';

const VERSION = 5;
const PASSWORD_VERSION = 1;
const METHOD = { password: 2, refused: 0xff };
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 };
const NOWHERE = [ADDRESS.ipv4, 0, 0, 0, 0, 0, 0];

/** Where a connection is wanted to. */
export interface Destination {
  /** A name, or an IP address. */
  readonly host: string;
  readonly port: number;
}

/** Replies of section 6. */
export const Reply = {
  succeeded: 0,
  failed: 1,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  expired: 6,
} as const;

export type Reply = (typeof Reply)[keyof typeof Reply];

/** A greeting that is no SOCKS5, wants another method, or does not know the password. */
export class Unwelcome extends Error {}

/**
 * Reads a client's greeting, password (RFC 1929) and request.
 *
 * @throws {Unwelcome} after it has been told so where that is possible; what the socket fails with.
 */
export async function welcome(
  socket: Socket,
  isPassword: (password: Buffer) => boolean,
): Promise<Destination> {
  const [version, methods = 0] = await take(socket, 2);
  if (version !== VERSION) throw new Unwelcome('not SOCKS5');
  if (!(await take(socket, methods)).includes(METHOD.password)) {
    socket.write(Buffer.from([VERSION, METHOD.refused]));
    throw new Unwelcome('no password');
  }
  socket.write(Buffer.from([VERSION, METHOD.password]));
  const [, userLength = 0] = await take(socket, 2);
  await take(socket, userLength);
  const [passwordLength = 0] = await take(socket, 1);
  const known = isPassword(await take(socket, passwordLength));
  socket.write(Buffer.from([PASSWORD_VERSION, known ? 0 : 1]));
  if (!known) throw new Unwelcome('wrong password');
  const [, command, , kind] = await take(socket, 4);
  if (command !== CONNECT) throw new Unwelcome('not CONNECT');
  const host = await takeHost(socket, kind);
  return { host, port: (await take(socket, 2)).readUInt16BE() };
}

/** Says what became of the request. */
export function reply(socket: Socket, said: Reply): void {
  socket.write(Buffer.from([VERSION, said, 0, ...NOWHERE]));
}

async function takeHost(socket: Socket, kind: number | undefined): Promise<string> {
  if (kind === ADDRESS.ipv4) return (await take(socket, 4)).join('.');
  if (kind === ADDRESS.ipv6) {
    const words = await take(socket, 16);
    return Array.from({ length: 8 }, (_, at) => words.readUInt16BE(at * 2).toString(16)).join(':');
  }
  if (kind !== ADDRESS.name) throw new Unwelcome('no address');
  const [length = 0] = await take(socket, 1);
  return (await take(socket, length)).toString('latin1');
}

/** The next bytes, exactly so many. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes: Buffer | null = socket.read(count);
    if (bytes?.length === count) return bytes;
    // At its end a stream gives what is left.
    if (bytes !== null || socket.readableEnded || socket.destroyed) {
      throw new Unwelcome('it ended');
    }
    await once(socket, 'readable');
  }
}
