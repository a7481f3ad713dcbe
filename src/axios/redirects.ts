import type { Outgoing } from './body.js';

/** As many as axios follows by default. */
export const MOST_REDIRECTS = 21;

/** A request on its way, from one place to the next. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly outgoing: Outgoing;
}

/** Names of headers that tell who asks: they go to their origin alone. */
const CONFIDENTIAL = ['authorization', 'proxy-authorization', 'cookie'];

/** Where a response sends its request, if it does. */
export function nextOf(response: Response): string | null {
  return response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
}

/**
 * The request that a redirect asks for, by RFC 9110 section 15.4 and by what axios makes of it: POST becomes GET
 * at 301 and 302, everything does at 303.
 *
 * @throws {Error} for a body that would have to be sent again while it is still being sent.
 */
export function follow({ url, method, outgoing }: Hop, status: number, location: string): Hop {
  const next = new URL(location, url);
  const headers = new Map(outgoing.headers);
  headers.delete('host');
  if (next.origin !== url.origin) for (const name of CONFIDENTIAL) headers.delete(name);
  const isRead = method === 'GET' || method === 'HEAD';
  if ((status === 303 && !isRead) || ((status === 301 || status === 302) && method === 'POST')) {
    for (const name of headers.keys()) if (name.startsWith('content-')) headers.delete(name);
    return { url: next, method: 'GET', outgoing: { headers, body: null, recorded: undefined } };
  }
  return { url: next, method, outgoing: { ...outgoing, headers, body: again(outgoing) } };
}

function again({ body, recorded }: Outgoing): Outgoing['body'] {
  if (recorded === undefined) return body;
  if (recorded.complete) return Buffer.concat(recorded.chunks);
  throw Object.assign(new Error('redirected before all of the body had been sent'), {
    code: 'ERR_FR_REDIRECTION_FAILURE',
  });
}

export function tooMany(): Error {
  const code = 'ERR_FR_TOO_MANY_REDIRECTS';
  const error = new Error('Maximum number of redirects exceeded');
  return Object.assign(error, { name: `Error [${code}]`, code });
}
