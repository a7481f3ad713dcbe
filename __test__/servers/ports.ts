import { type HttpServer, httpServer } from './http.js';

/** Answers every request with the client's port: two answers alike came on one connection. */
export async function portServer(): Promise<HttpServer> {
  return await httpServer((request, response) => {
    request.resume();
    response.end(String(request.socket.remotePort));
  });
}

/** The port of a socket address such as `127.0.0.1:40123`. */
export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

/** Several servers at once. */
export interface PortServers extends AsyncDisposable {
  readonly all: readonly HttpServer[];
}

/** Starts so many servers. */
export async function portServers(count: number): Promise<PortServers> {
  const all = await Promise.all(Array.from({ length: count }, portServer));
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}
