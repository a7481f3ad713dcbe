import { decoded, type Passable } from '../native/passing.js';
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

/** Headers of a body as the upstream sent it, which is not as the client gets it once it is decoded. */
const OF_THE_ENCODED = [
  'content-encoding',
  'content-length',
  'content-md5',
  'content-digest',
  'repr-digest',
];

/** What of a response's headers concerns the client: names and values, cookies one by one. */
export function endToEnd(from: Response & Passable): [string, string][] {
  const { headers } = from;
  const named = (headers.get('connection') ?? '').toLowerCase().split(',');
  const own = new Set(named.map((name) => name.trim()));
  if (from[decoded]) for (const name of OF_THE_ENCODED) own.add(name);
  return [...headers].filter(([name]) => !OF_THE_CONNECTION.has(name) && !own.has(name));
}

/** States a response's status and headers for the client. What the caller has set stays. */
export function sendHead(from: Response & Passable, to: Head): void {
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
