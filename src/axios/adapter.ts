import { fetchOn } from '../fetch/fetch.js';
import type { Account } from '../fetch/in-flight.js';
import { WarmlineError } from '../native/error.js';
import { outgoing } from './body.js';
import { isEligible } from './eligible.js';
import { type AxiosErrors, errorsOf, nodeError, timeoutError } from './errors.js';
import {
  type Adapter,
  type AxiosInstance,
  type AxiosResponse,
  adapterOf,
  bareFrom,
  type Config,
} from './instance.js';
import { follow, type Hop, MOST_REDIRECTS, nextOf, tooMany } from './redirects.js';
import { dataOf, headersOf } from './response.js';

/** Where an adapter's requests go. */
export interface Route {
  /** The client's number on the engine. */
  readonly number: number;
  readonly account: Account;
  /** Whether a request may go over the engine at all; asked once for each. */
  readonly isOpen: (eligible: boolean) => boolean;
}

/** What a response's `request` shows: what `node:http` has there, as far as it is read. */
interface Sent {
  method: string;
  protocol: string;
  host: string;
  path: string;
  res?: { readonly responseUrl: string; readonly statusCode: number };
}

/**
 * An adapter for an axios, whose requests go over the engine. Those with options that are `node:http`'s own go by
 * `original`, which is what the axios had.
 */
export function axiosAdapter(instance: AxiosInstance, original: unknown, route: Route): Adapter {
  const bare = bareFrom(instance);
  const own = adapterOf(bare, original);
  const { VERSION: version } = instance as { VERSION?: string };
  const agent = version === undefined ? 'axios' : `axios/${version}`;
  let errors: Promise<AxiosErrors> | undefined;
  return async (config) => {
    const url = bare.getUri(config);
    if (!route.isOpen(isEligible(config, url))) return await own(config);
    errors ??= errorsOf(bare);
    return await new Exchange(route, config, await errors, agent).run(new URL(url));
  };
}

/** One request of axios, over all its redirects. */
class Exchange {
  readonly #route: Route;
  readonly #config: Config;
  readonly #errors: AxiosErrors;
  readonly #agent: string;
  readonly #stop = new AbortController();
  readonly #sent: Sent;
  readonly #onCancel = (reason: unknown): void => this.#cancel(reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(route: Route, config: Config, errors: AxiosErrors, agent: string) {
    this.#route = route;
    this.#config = config;
    this.#errors = errors;
    this.#agent = agent;
    const method = config.method?.toUpperCase() ?? 'GET';
    this.#sent = { method, protocol: '', host: '', path: '' };
  }

  async run(url: URL): Promise<AxiosResponse> {
    const { signal, cancelToken, responseType } = this.#config;
    if (signal?.aborted) this.#cancel(signal);
    else signal?.addEventListener('abort', this.#onCancel);
    cancelToken?.subscribe(this.#onCancel);
    let streams = false;
    try {
      this.#arm();
      const response = await this.#respond(url);
      streams = responseType === 'stream';
      if (streams) (response.data as NodeJS.ReadableStream).once('close', () => this.#leave());
      return this.#settled(response);
    } finally {
      clearTimeout(this.#timer);
      if (!streams) this.#release();
    }
  }

  async #respond(url: URL): Promise<AxiosResponse> {
    const config = this.#config;
    let hop: Hop = {
      url,
      method: this.#sent.method,
      outgoing: await outgoing(config, this.#errors),
    };
    this.#authorize(hop);
    const { headers } = hop.outgoing;
    if (!headers.has('user-agent')) headers.set('user-agent', this.#agent);
    if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'gzip, deflate, br');
    const { maxRedirects = MOST_REDIRECTS } = config;
    let response: Response;
    try {
      response = await this.#send(hop);
      for (let count = 0; maxRedirects > 0; count++) {
        const location = nextOf(response);
        if (location === null) break;
        await response.body?.cancel();
        if (count >= maxRedirects) throw tooMany();
        hop = follow(hop, response.status, location);
        response = await this.#send(hop);
      }
    } catch (error) {
      throw this.#failure(error);
    }
    clearTimeout(this.#timer);
    this.#sent.res = { responseUrl: hop.url.href, statusCode: response.status };
    const answer: AxiosResponse = {
      status: response.status,
      statusText: response.statusText,
      headers: headersOf(response),
      config,
      request: this.#sent,
      data: undefined,
    };
    try {
      answer.data = await dataOf(response, config, this.#errors, this.#sent);
    } catch (error) {
      throw this.#failure(error, answer);
    }
    return answer;
  }

  #send({ url, method, outgoing: { headers, body } }: Hop): Promise<Response> {
    Object.assign(this.#sent, {
      method,
      protocol: url.protocol,
      host: url.hostname,
      path: url.pathname + url.search,
    });
    const idle = this.#timeout();
    return fetchOn(this.#route.number, this.#route.account, url, {
      method,
      headers: [...headers].flatMap(([name, value]) =>
        [value].flat().map((each): [string, string] => [name, each]),
      ),
      body,
      duplex: 'half',
      redirect: 'manual',
      signal: this.#stop.signal,
      ...(idle > 0 ? { timeout: { idle } } : {}),
    });
  }

  /** Credentials of the options, or of the URL, which then has none. */
  #authorize({ url, outgoing: { headers } }: Hop): void {
    const { auth } = this.#config;
    const given = `${auth?.username || ''}:${auth?.password || ''}`;
    const inUrl = `${decoded(url.username)}:${decoded(url.password)}`;
    const credentials = auth ? given : inUrl;
    url.username = '';
    url.password = '';
    if (!auth && credentials === ':') return;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  }

  #timeout(): number {
    const { timeout = 0 } = this.#config;
    const milliseconds = Number.parseInt(`${timeout}`, 10);
    if (!Number.isNaN(milliseconds)) return milliseconds;
    const message = 'error trying to parse `config.timeout` to int';
    throw new this.#errors.AxiosError(message, 'ERR_BAD_OPTION_VALUE', this.#config, this.#sent);
  }

  /** Starts the time that a response's head may take. */
  #arm(): void {
    const limit = this.#timeout();
    if (limit <= 0) return;
    this.#timer = setTimeout(() => {
      this.#stop.abort(timeoutError(this.#errors, this.#config, this.#sent));
    }, limit);
  }

  /** `reason` is a token's own, or stands for a signal. */
  #cancel(reason: unknown): void {
    const { CanceledError } = this.#errors;
    const isToken = reason instanceof CanceledError;
    this.#stop.abort(isToken ? reason : new CanceledError(null, this.#config, this.#sent));
  }

  /** Nobody reads on: should there be more, the upstream is stopped. */
  #leave(): void {
    this.#release();
    this.#stop.abort();
  }

  #release(): void {
    this.#config.signal?.removeEventListener('abort', this.#onCancel);
    this.#config.cancelToken?.unsubscribe(this.#onCancel);
  }

  /** An error as axios has it. */
  #failure(error: unknown, response?: AxiosResponse): unknown {
    if (this.#stop.signal.aborted) return this.#stop.signal.reason;
    const { AxiosError } = this.#errors;
    if (error instanceof AxiosError) return error;
    const { cause } = error as { cause?: unknown };
    if (!(cause instanceof WarmlineError)) {
      return AxiosError.from(cause ?? error, null, this.#config, this.#sent, response);
    }
    if (cause.code === 'UND_ERR_BODY_TIMEOUT') {
      return timeoutError(this.#errors, this.#config, this.#sent);
    }
    if (response === undefined) {
      return AxiosError.from(nodeError(cause), null, this.#config, this.#sent);
    }
    const message = 'stream has been aborted';
    return new AxiosError(message, 'ERR_BAD_RESPONSE', this.#config, this.#sent, response);
  }

  /** @throws AxiosError for a status that the options do not accept. */
  #settled(response: AxiosResponse): AxiosResponse {
    const { validateStatus } = this.#config;
    const { status } = response;
    if (!validateStatus || validateStatus(status)) return response;
    const message = `Request failed with status code ${status}`;
    const code = status >= 400 && status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE';
    throw new this.#errors.AxiosError(message, code, this.#config, this.#sent, response);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
