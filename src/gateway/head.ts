import type { Head } from './destination.js';

/**
 * Headers of one connection alone (RFC 9110, section 7.6.1, and their forerunners), and `alt-svc`, which
 * would send the gateway's clients to another server.
 */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'alt-svc',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What of a response's headers concerns the client: names and values, cookies one by one. */
export function endToEnd({ headers }: Response): [string, string][] {
  const named = (headers.get('connection') ?? '').toLowerCase().split(',');
  const own = new Set(named.map((name) => name.trim()));
  return [...headers].filter(([name]) => !OF_THE_CONNECTION.has(name) && !own.has(name));
}

/** States a response's status and headers for the client. What the caller has set stays. */
export function sendHead(from: Response, to: Head): void {
  to.statusCode = from.status;
  const cookies: string[] = [];
  for (const [name, value] of endToEnd(from)) {
    if (name === 'set-cookie') cookies.push(value);
    else if (!to.hasHeader(name)) to.setHeader(name, value);
  }
  if (cookies.length === 0) return;
  const own = to.getHeader('set-cookie') ?? [];
  to.setHeader('set-cookie', [own, cookies].flat().map(String));
}
