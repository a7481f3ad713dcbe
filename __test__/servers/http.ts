import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Changes } from './changes.js';
import { listenOnLoopback } from './loopback.js';

/** A `node:http` server on loopback; keeps idle connections for ever, so that only the client closes them. */
export interface HttpServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly port: number;
  /** Every TCP connection ever accepted, oldest first. */
  readonly accepted: readonly Socket[];
  /** Requests whose head has arrived. */
  readonly requestCount: number;
  /** Resolves once so many requests' heads have arrived. */
  arrived(count: number): Promise<void>;
  /** Resolves with the connection of this index as soon as it is accepted. */
  connection(index: number): Promise<Socket>;
  /** Resolves once the connection of this index is accepted and closed again. */
  closed(index: number): Promise<void>;
}

/** Serves every request with `listener`. */
export async function httpServer(listener: RequestListener): Promise<HttpServer> {
  let requestCount = 0;
  const arrivals = new Changes();
  const server = createServer({ keepAliveTimeout: 0, noDelay: true }, (request, response) => {
    requestCount += 1;
    arrivals.change();
    // A client under test may go at any moment; whoever cares listens for 'close'.
    request.on('error', () => {});
    response.on('error', () => {});
    listener(request, response);
  });
  const loopback = await listenOnLoopback(server);
  return {
    origin: `http://127.0.0.1:${loopback.port}`,
    port: loopback.port,
    accepted: loopback.accepted,
    get requestCount() {
      return requestCount;
    },
    arrived: (count) => arrivals.untilTrue(() => requestCount >= count),
    connection: loopback.connection,
    closed: loopback.closed,
    [Symbol.asyncDispose]: loopback[Symbol.asyncDispose],
  };
}
