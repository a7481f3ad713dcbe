/** A monitor's own server. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Origin } from './access.js';
import { refusal } from './answers.js';

/** Whoever answers. */
export type Handler = (request: Request, origin: Origin) => Promise<Response>;

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
  const stop = new AbortController();
  outgoing.once('close', () => stop.abort());
  const request = requestOf(incoming, stop.signal);
  const response =
    request === undefined ? refusal(400, 'Bad request') : await handler(request, origin);
  if (hasBody(incoming)) {
    // It may be that nobody has read it.
    outgoing.setHeader('connection', 'close');
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
  } else if (response.headers.get('content-type') === 'text/event-stream') {
    outgoing.flushHeaders();
    // A viewer that leaves is no failure.
    await pipeline(Readable.fromWeb(response.body as never), outgoing).catch(() => {});
  } else {
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  }
}

/** The request as the web has it; `undefined` for what is none. */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = '', url = '', headers } = incoming;
  // The origin form alone: a proxy's form and CONNECT's name hosts that are not ours.
  if (!url.startsWith('/') || headers.host === undefined) return undefined;
  try {
    const target = new URL(`http://${headers.host}`);
    // Nothing but a host and a port: the URL is what those make.
    if (target.href !== `${target.origin}/`) return undefined;
    const given = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
    const body: RequestInit =
      method === 'POST' ? { body: Readable.toWeb(incoming) as never, duplex: 'half' } : {};
    return new Request(`${target.origin}${url}`, {
      method,
      headers: given.map(([name, value]) => [name, `${value}`]),
      signal,
      ...body,
    });
  } catch {
    return undefined;
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
