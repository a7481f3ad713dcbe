import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Server } from 'node:net';
import type { Identity } from './certificates.js';
import { type Loopback, listenOnLoopback } from './loopback.js';

/** A `node:http2` server on loopback. */
export interface Http2Loopback extends Loopback {
  /** Its URL by the name that its certificate has. */
  url(path?: string): string;
  readonly origin: string;
  /** Every session ever begun, oldest first, ended ones included. */
  readonly sessions: readonly ServerHttp2Session[];
  /** Requests whose head has arrived. */
  readonly streamCount: number;
}

type Listener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Serves every request with `listener`: with TLS by HTTP/2 alone, without an identity by prior knowledge. */
export async function http2Server(
  identity: Identity | undefined,
  listener: Listener,
  options: SecureServerOptions = {},
): Promise<Http2Loopback> {
  const server: Http2Server =
    identity === undefined
      ? createServer(options)
      : (createSecureServer({ ...options, ...identity }) as unknown as Http2Server);
  const sessions: ServerHttp2Session[] = [];
  let streamCount = 0;
  server.on('session', (session) => {
    sessions.push(session);
    // A client under test may go at any moment.
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    streamCount += 1;
    stream.on('error', () => {});
    listener(stream, headers);
  });
  const loopback = await listenOnLoopback(server as unknown as Server);
  const origin = `${identity === undefined ? 'http' : 'https'}://localhost:${loopback.port}`;
  return {
    ...loopback,
    origin,
    url: (path = '/') => origin + path,
    sessions,
    get streamCount() {
      return streamCount;
    },
  };
}

/** All that comes on a stream. */
export async function bodyOf(stream: ServerHttp2Stream): Promise<string> {
  let body = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) body += chunk;
  return body;
}

/** Answers with what was sent. */
export async function echo(stream: ServerHttp2Stream): Promise<void> {
  const body = await bodyOf(stream);
  stream.respond({ ':status': 200, 'content-type': 'text/plain' });
  stream.end(body);
}
