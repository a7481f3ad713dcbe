import { StreamedBody, type Submission } from '../native/link.js';
import { AT_ONCE_BYTES, atOnce } from './at-once.js';
import type { Extracted } from './body.js';
import { Exchange } from './exchange.js';
import type { Account } from './in-flight.js';
import { verifying } from './integrity.js';
import { ownFlags } from './own-flags.js';
import { type FetchInit, type Stated, state } from './request.js';
import type { TimedResponse } from './response.js';

/** Built-in fetch as it was when this module was loaded; it answers what never touches a network. */
const builtin = globalThis.fetch;

/** The client of this process that everybody shares. */
export const SHARED_CLIENT = 0;

/**
 * WHATWG `fetch` on the engine, over the connections that the whole process shares.
 *
 * As the standard has it, with what Node adds: async iterables as bodies, `duplex: 'half'` for streamed
 * ones. Beyond it: `connection` sends on a leased connection, `timeout` sets deadlines.
 *
 * Rejects with `TypeError: fetch failed`, whose `cause` is a {@link WarmlineError}; with the signal's
 * reason once it is aborted; with another `TypeError` for arguments that nothing can be sent for.
 *
 * @example
 * ```ts
 * import { fetch } from 'warmline'
 *
 * const response = await fetch('https://api.example.com/v1/models')
 * console.log(response.status, await response.json())
 * ```
 */
export function fetch(input: string | URL | Request, init: FetchInit = {}): Promise<TimedResponse> {
  return fetchOn(SHARED_CLIENT, undefined, input, init, true);
}

/** Where SDKs look for the class, so that they need not probe for it. */
Object.assign(fetch, { Response: globalThis.Response });

/** {@link fetch} on a client of the engine; `client` is its number there, `own` requests may be sent again. */
export function fetchOn(
  client: number,
  account: Account | undefined,
  input: string | URL | Request,
  init: FetchInit,
  own: boolean = false,
): Promise<TimedResponse> {
  return new Promise((resolve, reject) => {
    // What is thrown here rejects, as the standard has it.
    if (isLocal(input)) {
      resolve(builtin(input as string, init as RequestInit));
      return;
    }
    account?.assertOpen();
    const stated = state(input, init);
    const flags = own ? ownFlags(init ?? {}) : 0;
    const { bytes, source } = stated.body;
    const stop = stated.signal;
    if (stop?.aborted) {
      if (source instanceof ReadableStream) source.cancel(stop.reason).catch(() => {});
      reject(stop.reason);
      return;
    }
    const settle = stated.integrity === '' ? resolve : verifying(stated.integrity, resolve, reject);
    const send = (body: Submission['body'], from: Extracted['source']): void => {
      if (stop?.aborted) reject(stop.reason);
      else
        new Exchange(submission(client, flags, stated, body), from, stop, account, settle, reject);
    };
    if (source === null) {
      send(bytes, null);
    } else if (source instanceof ReadableStream) {
      if (input instanceof Request && source === input.body) {
        atOnce(source).then(([head, rest]) => {
          send(rest === null ? head : new StreamedBody(), rest);
        }, reject);
      } else {
        send(new StreamedBody(), source);
      }
    } else if (source.size <= AT_ONCE_BYTES) {
      source.arrayBuffer().then((buffer) => send(new Uint8Array(buffer), null), reject);
    } else {
      send(new StreamedBody(source.size, true), source);
    }
  });
}

function submission(
  client: number,
  own: number,
  stated: Stated,
  body: Submission['body'],
): Submission {
  const { url, method, headers, lease, timeouts, flags, affinity, referrer } = stated;
  return {
    client,
    lease,
    flags: flags | own,
    url,
    method,
    headers,
    body,
    timeouts,
    affinity,
    referrer,
  };
}

/** `data:`, `blob:` and `about:` URLs are read in this process. */
function isLocal(input: string | URL | Request): boolean {
  const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input?.url;
  // The common case by its first letter alone.
  return typeof url === 'string' && url[0] !== 'h' && /^\s*(data|blob|about):/i.test(url);
}
