import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What a {@link dnsServer} knows of a name. */
export interface Zone {
  readonly addresses: readonly string[];
  /** How long an answer is good, in seconds. */
  readonly ttl: number;
}

/** A name server on loopback, by UDP, for addresses of IPv4. */
export interface DnsServer extends AsyncDisposable {
  /** For `Resolver.setServers`. */
  readonly address: string;
  /** Every name that was asked for, in order. */
  readonly asked: readonly string[];
}

const HEADER = 12;
const NO_SUCH_NAME = 3;
const TYPE_A = 1;

/** Answers for the names of `zones`, as they are when it is asked; there is no other name. */
export async function dnsServer(zones: Record<string, Zone>): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, peer) => {
    const { name, end, type } = questionOf(message);
    asked.push(name);
    const zone = zones[name];
    const addresses = type === TYPE_A ? (zone?.addresses ?? []) : [];
    const header = Buffer.from(message.subarray(0, HEADER));
    // A response, by who has the name, to whoever may want recursion (RFC 1035 section 4.1.1).
    header.writeUInt16BE(0x8580 | (zone === undefined ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(addresses.length, 6);
    header.fill(0, 8);
    const answers = addresses.map((address) => answer(address, zone?.ttl ?? 0));
    const question = message.subarray(HEADER, end);
    socket.send(Buffer.concat([header, question, ...answers]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function questionOf(message: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1), end: at + 5 };
}

/** A record of the name that was asked for. */
function answer(address: string, ttl: number): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | HEADER, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttl, 6);
  record.writeUInt16BE(4, 10);
  Buffer.from(address.split('.').map(Number)).copy(record, 12);
  return record;
}
