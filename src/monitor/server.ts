/** A monitor's own server. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Origin } from './access.js';
import { type Answer, refusal } from './answers.js';
import { type Question, questionFrom } from './questions.js';

/** Whoever answers. */
export type Handler = (question: Question, origin: Origin) => Promise<Answer>;

/** Who asks a monitor has little to say, and says it at once; what else comes here is hostile or lost. */
const LIMITS = { maxHeaderSize: 16 * 1024, headersTimeout: 5000, requestTimeout: 10_000 };
const MAX_CONNECTIONS = 256;

/**
 * Listens, and answers by `handler`. Neither the server nor its connections keep the process alive.
 *
 * @throws what `net.Server` says of the port and the host.
 */
export async function serve(
  handler: Handler,
  port: number,
  host: string,
  local: boolean,
): Promise<Server> {
  const server = createServer(LIMITS, (incoming, outgoing) => {
    answer(handler, incoming, outgoing, { local });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => socket.unref());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.unref();
  return server;
}

/** Where a server listens. */
export function addressOf(server: Server): AddressInfo {
  return server.address() as AddressInfo;
}

/** Answers one request; whoever leaves meanwhile has no answer. */
export function answer(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  origin: Origin,
): void {
  write(handler, incoming, outgoing, origin).catch(() => outgoing.destroy());
}

async function write(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  origin: Origin,
): Promise<void> {
  const question = questionFrom(incoming);
  const { status, headers, body } =
    question === undefined ? refusal(400, 'Bad request') : await handler(question, origin);
  if (hasBody(incoming)) {
    // It may be that nobody has read it.
    outgoing.setHeader('connection', 'close');
  }
  if (body instanceof ReadableStream) {
    outgoing.writeHead(status, headers);
    outgoing.flushHeaders();
    // A viewer that leaves is no failure.
    await pipeline(Readable.fromWeb(body as never), outgoing).catch(() => {});
  } else {
    outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    outgoing.end(body);
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
