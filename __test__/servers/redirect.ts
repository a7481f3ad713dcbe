import { echo } from './echo.js';
import { type HttpServer, httpServer } from './http.js';

/**
 * Redirects as its paths say, and echoes everything else:
 * - `/to?status=302&location=...` once, to that location, given as it is in the header;
 * - `/hops/5` so many times, each to the next lower number, and `/hops/0` is the echo;
 * - `/loop` for ever to itself;
 * - `/nowhere?status=302` without any location.
 */
export async function redirectServer(): Promise<HttpServer> {
  return await httpServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const status = Number(url.searchParams.get('status') ?? 302);
    const hops = /^\/hops\/([1-9]\d*)$/.exec(url.pathname);
    const redirect = (location: string) => {
      request.resume();
      response.writeHead(status, { location }).end('moved');
    };
    if (hops !== null) redirect(`/hops/${Number(hops[1]) - 1}`);
    else if (url.pathname === '/to') redirect(url.searchParams.get('location') ?? '');
    else if (url.pathname === '/loop') redirect('/loop');
    else if (url.pathname === '/nowhere') response.writeHead(status).end('nowhere');
    else void echo(request, response);
  });
}

/** The path at which {@link redirectServer} redirects with this status to this location. */
export function redirectPath(status: number, location: string): string {
  return `/to?${new URLSearchParams({ status: String(status), location })}`;
}
