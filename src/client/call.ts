import { setMaxListeners } from 'node:events';

import { extract } from '../fetch/body.js';
import { bytesOf, concat } from '../fetch/bytes.js';
import { flatten, type HeadersInput, includes, ResponseHeaders } from '../fetch/headers.js';
import type { InFlight, Stoppable } from '../fetch/in-flight.js';
import { ownFlags } from '../fetch/own-flags.js';
import { affinityOf } from '../native/affinity.js';
import { type Compression, compressionFlag } from '../native/compression.js';
import type { WarmlineError } from '../native/error.js';
import {
  connectionOf,
  factsIn,
  type RequestTimings,
  type ResponseConnection,
  timingsOf,
} from '../native/facts.js';
import { leaseOf } from '../native/lease-id.js';
import { engine, type Receiver } from '../native/link.js';
import { priorityFlag, type RequestPriority } from '../native/priority.js';
import { checkSignal } from '../native/signal.js';
import { checkTimeouts, type Timeouts } from '../native/timeouts.js';
import { RequestFlag, ResponseFlag } from '../native/wire.js';

/** What {@link HttpClient.request} takes beside method and URL. */
export interface RequestOptions {
  headers?: HeadersInput;
  /** Bytes at hand; a streamed body wants {@link HttpClient.fetch}. */
  body?: string | Uint8Array | ArrayBuffer | URLSearchParams | null;
  signal?: AbortSignal | null;
  /** Encodes the body, for a server that is known to decode it. Default: the client's `compress`. */
  compress?: Compression | false;
  /** This request's own deadlines in milliseconds; a number is the total. */
  timeout?: number | Timeouts;
  /** `false` sends it once, whatever the client's `retry` says. */
  retry?: false;
  /** Who goes first where the client's `rateLimit` makes requests wait. Default `'interactive'`. */
  priority?: RequestPriority;
  /**
   * `true`: it does no harm to send this request twice, whatever its method, and the client's `hedge` is for it,
   * too; `false`: it does. Default: by its method.
   */
  hedge?: boolean;
  /** The id of a leased connection to send on. */
  connection?: string;
  /**
   * A conversation, a tenant, a prompt's prefix: where the client's `balance` is `'sticky'`, requests with the
   * same key go to the same endpoint. Without effect elsewhere.
   */
  affinity?: string;
}

const utf8 = new TextDecoder();

/** A whole response. Its parts are made when they are asked for, and none of it has to be awaited. */
export class ClientResponse {
  readonly status: number;
  readonly #head: string;
  readonly #body: string | Uint8Array<ArrayBuffer>;
  readonly #ascii: boolean;
  readonly #total: number;
  #headers: ResponseHeaders | undefined;

  /** @internal */
  constructor(
    status: number,
    head: string,
    body: string | Uint8Array<ArrayBuffer>,
    ascii: boolean,
    total: number,
  ) {
    this.status = status;
    this.#head = head;
    this.#body = body;
    this.#ascii = ascii;
    this.#total = total;
  }

  /** Whether the status is in the range 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get headers(): Headers {
    this.#headers ??= new ResponseHeaders(this.#head);
    return this.#headers as unknown as Headers;
  }

  /** The body's bytes; a copy at each call. */
  get body(): Uint8Array<ArrayBuffer> {
    return this.bytes();
  }

  /** The body, decoded as UTF-8. */
  text(): string {
    if (this.#ascii) return this.#body as string;
    return utf8.decode(this.bytes());
  }

  /**
   * The body, parsed.
   *
   * @throws {SyntaxError} if it is not JSON.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as in Response.json, the caller knows the shape.
  json(): any {
    return JSON.parse(this.text());
  }

  /** The body's bytes; a copy at each call. */
  bytes(): Uint8Array<ArrayBuffer> {
    return typeof this.#body === 'string' ? bytesOf(this.#body) : this.#body.slice();
  }

  /** Where the time went. */
  get timings(): RequestTimings {
    return timingsOf(factsIn(this.#head), this.#total);
  }

  /** The connection it came on. */
  get connection(): ResponseConnection {
    return connectionOf(factsIn(this.#head));
  }
}

class Call implements Receiver, Stoppable {
  slot = -1;
  readonly #resolve: (response: ClientResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | null;
  readonly #inFlight: InFlight;
  readonly #place: number;
  readonly #onAbort: (() => void) | undefined;
  /** The head of a response too large to come in one record, and what has come of its body. */
  #status = 0;
  #head = '';
  #chunks: Uint8Array[] = [];

  constructor(
    inFlight: InFlight,
    signal: AbortSignal | null,
    resolve: (response: ClientResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#inFlight = inFlight;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#place = inFlight.add(this);
    if (signal !== null) {
      this.#onAbort = () => this.stop(signal.reason);
      // One signal may well stop a thousand requests; Node would warn of the eleventh.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  onWhole(status: number, flags: number, text: string, headLength: number, total: number): void {
    this.#finish();
    const ascii = (flags & ResponseFlag.ascii) !== 0;
    const head = text.slice(0, headLength);
    this.#resolve(new ClientResponse(status, head, text.slice(headLength), ascii, total));
  }

  onHead(status: number, _flags: number, head: string): void {
    this.#status = status;
    this.#head = head;
  }

  onChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(bytes);
    engine().credit(this, bytes.length);
  }

  onEnd(total: number): void {
    this.#finish();
    const body = concat(this.#chunks);
    this.#resolve(new ClientResponse(this.#status, this.#head, body, false, total));
  }

  onEvents(): void {}

  onError(error: WarmlineError): void {
    this.#finish();
    this.#reject(error);
  }

  onPull(): void {}

  onRewind(): void {}

  onValue(): void {}

  stop(reason: unknown): void {
    this.#finish();
    engine().abort(this);
    this.#reject(reason);
  }

  #finish(): void {
    this.#inFlight.delete(this.#place);
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** Sends a request of {@link HttpClient.request}. */
export function call(
  client: number,
  inFlight: InFlight,
  method: string,
  url: string | URL,
  options: RequestOptions,
): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const signal = checkSignal(options.signal);
    if (signal?.aborted) throw signal.reason;
    inFlight.assertOpen();
    const headers = flatten(options.headers);
    const { bytes, source, type } = extract(options.body);
    if (source !== null) throw new TypeError('a streamed body wants client.fetch');
    if (type !== null && !includes(headers, 'content-type')) headers.push('content-type', type);
    const lease = leaseOf(options.connection);
    const timeouts = checkTimeouts(options.timeout);
    const affinity = affinityOf(options.affinity);
    const flags =
      RequestFlag.whole |
      compressionFlag(options.compress) |
      priorityFlag(options.priority) |
      ownFlags(options);
    const submission = {
      client,
      lease,
      flags,
      url: `${url}`,
      method: `${method}`,
      headers,
      body: bytes,
      timeouts,
      affinity,
      referrer: '',
    };
    engine().request(new Call(inFlight, signal, resolve, reject), submission);
  });
}
