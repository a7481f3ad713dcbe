import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Identity } from './certificates.js';
import { type Loopback, listenOnLoopback } from './loopback.js';

/** What a client asked a proxy for. */
export interface Asked {
  /** `CONNECT`, or the method of a request to pass on. */
  readonly method: string;
  /** The request target: `host:port`, or a whole URL. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

/** An HTTP proxy on loopback. Names lead to 127.0.0.1, whatever they are. */
export interface ProxyServer extends Loopback {
  readonly asked: readonly Asked[];
}

/** How a proxy behaves. */
export interface ProxyBehaviour {
  /** `user:password`, without which it answers 407. */
  readonly credentials?: string;
  /** Shown to clients, who then speak TLS with it. */
  readonly identity?: Identity;
}

const here = (host: string): string => {
  const bare = host.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? '127.0.0.1' : bare;
};

/** Opens tunnels and passes requests on. */
export async function proxyServer(behaviour: ProxyBehaviour = {}): Promise<ProxyServer> {
  const asked: Asked[] = [];
  const { credentials, identity } = behaviour;
  const expected =
    credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;

  const admit = ({ method = '', url = '', headers }: IncomingMessage): boolean => {
    asked.push({ method, target: url, headers });
    return expected === undefined || headers['proxy-authorization'] === expected;
  };

  function passOn(incoming: IncomingMessage, response: ServerResponse): void {
    if (!admit(incoming)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('who are you?');
      return;
    }
    const { hostname, port, pathname, search } = new URL(incoming.url ?? '');
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const outgoing = request({
      host: here(hostname),
      port: port || 80,
      path: pathname + search,
      method: incoming.method,
      headers,
    });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  }

  function tunnel(incoming: IncomingMessage, socket: Duplex): void {
    if (!admit(incoming)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
      return;
    }
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(incoming.url ?? '') ?? [];
    const onward = connect(Number(port), here(host), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    // Whichever side goes first takes the other with it.
    onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    onward.on('close', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    socket.on('close', () => onward.destroy());
  }

  const server =
    identity === undefined ? createServer(passOn) : createTlsServer({ ...identity }, passOn);
  server.on('connect', tunnel);
  server.on('tlsClientError', () => {});
  return { ...(await listenOnLoopback(server)), asked };
}
