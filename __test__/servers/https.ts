import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { Identity } from './certificates.js';
import { type Loopback, listenOnLoopback } from './loopback.js';

/** A `node:https` server on loopback. */
export interface HttpsServer extends Loopback {
  /** Its URL under a host name or address that it may or may not have a certificate for. */
  url(host: string, path?: string): string;
}

/** Presents `identity` and serves every request with `listener`. */
export async function httpsServer(
  identity: Identity,
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<HttpsServer> {
  const server = createServer({ keepAliveTimeout: 0, ...options, ...identity }, listener);
  // A client that does not trust the certificate ends the handshake with an alert: expected here.
  server.on('tlsClientError', () => {});
  const loopback = await listenOnLoopback(server);
  return {
    ...loopback,
    url: (host, path = '/') => `https://${host}:${loopback.port}${path}`,
  };
}
