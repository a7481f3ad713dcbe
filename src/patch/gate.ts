import { HttpClient, insideOf } from '../client/http-client.js';
import { type fetch, fetchOn, SHARED_CLIENT } from '../fetch/fetch.js';
import type { Account } from '../fetch/in-flight.js';
import type { FetchInit } from '../fetch/request.js';
import { PatchAccount } from './account.js';
import { insteadOf, isMocked } from './mocked.js';

export type Fetch = typeof fetch;

/** A way to the engine, over the pool of one client. */
export interface Road {
  readonly number: number;
  readonly account: PatchAccount;
}

/**
 * The way over a client's pool, or the one that the process shares; `name` is what is patched.
 *
 * @throws {TypeError} for a client that is none.
 */
export function roadOver(client: HttpClient | undefined, name: string): Road {
  if (client === undefined) return road(SHARED_CLIENT, name, undefined);
  if (!(client instanceof HttpClient)) {
    throw new TypeError('patch: options.client must be an HttpClient');
  }
  const { number, inFlight } = insideOf(client);
  return road(number, name, inFlight);
}

function road(number: number, name: string, inner: Account | undefined): Road {
  return { number, account: new PatchAccount(name, inner) };
}

/**
 * What stands in the place of a target's own `fetch`: the engine's; or that one, for the calls that are made
 * while the patch is off, or while a test mocks the global one. A call is made by one of them only.
 *
 * @param own `undefined` for what takes the global one at each call.
 * @param heedsMocks false for the global one itself: a mock asks that for what it does not answer, and must not be asked
 *   again.
 */
export function gate({ number, account }: Road, own: Fetch | undefined, heedsMocks = true): Fetch {
  const standard: unknown = globalThis.fetch;
  const gated = (input: Parameters<Fetch>[0], init: Parameters<Fetch>[1] = {}) => {
    const mocked = heedsMocks && isMocked();
    if (account.active && !mocked) return fetchOn(number, account, input, withDuplex(init));
    account.fallbacks++;
    const instead = mocked ? insteadOf(own, standard) : (own ?? globalThis.fetch);
    return (instead as Fetch)(input, init);
  };
  return asFetch(gated);
}

/** Packages of the time of node-fetch hand it Node's streams, and need not say that they are streams. */
function withDuplex(init: FetchInit): FetchInit {
  const { body } = init;
  if (typeof body !== 'object' || body === null || init.duplex !== undefined) return init;
  return typeof (body as { pipe?: unknown }).pipe === 'function'
    ? { ...init, duplex: 'half' }
    : init;
}

/** What stands in the place of the `fetch` of a client that was not drawn: nobody who hands it on takes it for a default. */
export function passing(own: Fetch): Fetch {
  return asFetch((input, init) => own(input, init));
}

/** With the class where SDKs look for it, so that they need not probe for it. */
function asFetch(fetch: Fetch): Fetch {
  return Object.assign(fetch, { Response: globalThis.Response });
}
