import { HttpClient, insideOf } from '../client/http-client.js';
import { SHARED_CLIENT } from '../fetch/fetch.js';
import { includes } from '../fetch/headers.js';
import { type Account, InFlight, type Stoppable } from '../fetch/in-flight.js';
import { WarmlineError } from '../native/error.js';
import type { Submission } from '../native/link.js';
import { RequestFlag } from '../native/wire.js';
import { type Outgoing, outgoing } from './body.js';
import { DispatchExchange } from './exchange.js';
import { listenerOf } from './handler.js';
import { type DispatchOptions, type Stated, state, timeoutsOf } from './options.js';

/** The package `undici`, in any of the versions 6 to 8, or as much of it as is needed. */
export interface Undici<D extends object> {
  readonly Dispatcher: new () => D;
}

/** How a dispatcher is made. */
export interface DispatcherOptions {
  /** Send on this client's pool, with its deadlines, instead of the one that the process shares. */
  client?: HttpClient;
}

/** Where a dispatcher's requests go, and who else has a say in it. */
export interface Route {
  /** The client's number on the engine. */
  readonly number: number;
  readonly account: Account | undefined;
  /** Who takes a request instead, if anybody does; `refused` is one that the engine cannot send. */
  readonly elsewhere?: (refused: boolean) => Dispatching | undefined;
}

/** As much of a dispatcher as everybody calls. */
export interface Dispatching {
  dispatch(options: DispatchOptions, handler: unknown): boolean;
}

/**
 * A dispatcher of undici's, whose requests go over the engine: for `setGlobalDispatcher`, or as the
 * `dispatcher` of undici's `fetch`, `request`, `stream` and `pipeline` and of built-in `fetch`. It can be
 * composed with undici's interceptors.
 *
 * What the engine does not do ends with the code `UND_ERR_NOT_SUPPORTED`, and nothing is sent: upgrades,
 * `CONNECT`, and bodies with `GET` or `HEAD`. Trailers are dropped, names of headers are in lower case, and informational
 * responses (103) are passed over. Errors of the network are a {@link WarmlineError}, with undici's codes.
 *
 * @param undici the package, from version 6 on; the dispatcher is one of its own.
 * @throws {TypeError} for what is not that package, and for a `client` that is none.
 *
 * @example
 * ```ts
 * import * as undici from 'undici'
 * import { createDispatcher } from 'warmline'
 *
 * const dispatcher = createDispatcher(undici)
 * const { statusCode, body } = await undici.request('https://api.example.com/v1/models', { dispatcher })
 * console.log(statusCode, await body.json())
 * ```
 */
export function createDispatcher<D extends object>(
  undici: Undici<D>,
  options: DispatcherOptions = {},
): D {
  const { client } = options;
  if (client === undefined)
    return dispatcherOn(undici, { number: SHARED_CLIENT, account: undefined });
  if (!(client instanceof HttpClient)) {
    throw new TypeError('createDispatcher: options.client must be an HttpClient');
  }
  const { number, inFlight } = insideOf(client);
  return dispatcherOn(undici, { number, account: inFlight });
}

/** A dispatcher of undici's over a route. */
export function dispatcherOn<D extends object>({ Dispatcher }: Undici<D>, route: Route): D {
  if (typeof Dispatcher !== 'function') throw new TypeError('expected the package undici');
  const Base = Dispatcher as new () => object;
  const inFlight = new Dispatched(route.account);

  class EngineDispatcher extends Base {
    dispatch(options: DispatchOptions, handler: unknown): boolean {
      return dispatch(route, inFlight, options, handler);
    }

    /** Takes no more requests, and waits for those under way. */
    close(callback?: () => void): Promise<void> | undefined {
      return settled(inFlight.drained(), callback);
    }

    /** Stops what is under way. */
    destroy(error?: unknown, callback?: () => void): Promise<void> | undefined {
      const told = typeof error === 'function' ? (error as () => void) : callback;
      const reason = typeof error === 'function' ? undefined : error;
      inFlight.stop(reason ?? destroyed());
      return settled(Promise.resolve(), told);
    }
  }
  return new EngineDispatcher() as D;
}

/** What a dispatcher has under way; the account of its client or its patch is told, too. */
class Dispatched extends InFlight {
  readonly #account: Account | undefined;
  /** Where the account has each, by its place here. */
  readonly #places: number[] = [];

  constructor(account: Account | undefined) {
    super();
    this.#account = account;
  }

  override assertOpen(): void {
    super.assertOpen();
    this.#account?.assertOpen();
  }

  override add(exchange: Stoppable): number {
    const place = super.add(exchange);
    if (this.#account !== undefined) this.#places[place] = this.#account.add(exchange);
    return place;
  }

  override delete(place: number): void {
    super.delete(place);
    this.#account?.delete(this.#places[place] as number);
  }

  override failed(error: WarmlineError): void {
    this.#account?.failed(error);
  }
}

function dispatch(
  route: Route,
  inFlight: Dispatched,
  options: DispatchOptions,
  handler: unknown,
): boolean {
  const listener = listenerOf(handler);
  const begin = () => new DispatchExchange(listener, inFlight, options.method);
  let stated: Stated;
  try {
    stated = state(options);
  } catch (error) {
    begin().fail(error);
    return false;
  }
  const { url, headers, refusal } = stated;
  const elsewhere = route.elsewhere?.(refusal !== undefined);
  if (elsewhere !== undefined) return elsewhere.dispatch(options, handler);
  const exchange = begin();
  if (exchange.over) return true;
  const send = ({ body, source, type }: Outgoing): void => {
    if (exchange.over) {
      if (source instanceof ReadableStream) source.cancel(exchange.reason).catch(() => {});
      return;
    }
    if (type !== null && !includes(headers, 'content-type')) headers.push('content-type', type);
    exchange.send(submission(route, options, url, headers, body), source);
  };
  try {
    inFlight.assertOpen();
    if (refusal !== undefined) throw refused(refusal);
    const body = outgoing(options.body);
    if (body instanceof Promise) body.then(send).catch((error) => exchange.fail(error));
    else send(body);
  } catch (error) {
    exchange.fail(error);
  }
  return true;
}

function submission(
  { number }: Route,
  options: DispatchOptions,
  url: string,
  headers: string[],
  body: Submission['body'],
): Submission {
  const timeouts = timeoutsOf(options);
  const flags = RequestFlag.redirectManual | RequestFlag.encoded;
  return {
    client: number,
    lease: 0,
    flags,
    url,
    method: options.method,
    headers,
    body,
    timeouts,
    affinity: '',
    referrer: '',
  };
}

function refused(message: string): WarmlineError {
  return new WarmlineError({ code: 'UND_ERR_NOT_SUPPORTED', phase: 'pool', message });
}

function destroyed(): WarmlineError {
  const message = 'The dispatcher was destroyed';
  return new WarmlineError({ code: 'UND_ERR_DESTROYED', phase: 'pool', message });
}

/** For callers of either kind: with a callback there is no promise. */
function settled(done: Promise<void>, callback?: () => void): Promise<void> | undefined {
  if (callback === undefined) return done;
  done.then(callback);
  return undefined;
}
