import { affinityOf } from '../native/affinity.js';
import { type Compression, compressionFlag } from '../native/compression.js';
import { leaseOf } from '../native/lease-id.js';
import type { TimeoutWords } from '../native/link.js';
import { priorityFlag, type RequestPriority } from '../native/priority.js';
import { checkTimeouts, type Timeouts } from '../native/timeouts.js';
import { RequestFlag } from '../native/wire.js';
import { type BodyInput, type Extracted, extract } from './body.js';
import { askCaches } from './cache-mode.js';
import { flatten, type HeadersInput, includes } from './headers.js';
import { referrerOf } from './referrer.js';

/** What `fetch` takes beside the URL: the standard's, and what is ours. */
export interface FetchInit extends Omit<RequestInit, 'body' | 'headers' | 'priority' | 'signal'> {
  headers?: HeadersInput;
  body?: BodyInput;
  signal?: AbortSignal | null | undefined;
  /** Required, as `'half'`, with a body that is a stream. */
  duplex?: 'half';
  /** The id of a leased connection (see `getConnection`): the request goes out on that very one. */
  connection?: string;
  /**
   * Encodes a body whose bytes are at hand, for a server that is known to decode it; streams are sent as they
   * are. Default: what the client does, which is nothing unless its options say so.
   */
  compress?: Compression | false;
  /** This request's own deadlines in milliseconds; a number is the total. */
  timeout?: number | Timeouts;
  /**
   * `false` sends it once, whatever the client's `retry` says. Only an {@link HttpClient} of your own sends a
   * request again by itself; the `fetch` that the process shares does so where {@link configure} says it.
   */
  retry?: false;
  /** Who goes first where a rate limit makes requests wait. Default `'interactive'`. */
  priority?: RequestPriority;
  /**
   * `true`: it does no harm to send this request twice, whatever its method, and the `hedge` of a client of your own
   * is for it, too; `false`: it does. Default: by its method.
   */
  hedge?: boolean;
  /** Where the client's `balance` is `'sticky'`, requests with the same key go to the same endpoint. */
  affinity?: string;
}

/** A request as the caller stated it, read once and in the order that the standard gives. */
export interface Stated {
  readonly url: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Extracted;
  readonly signal: AbortSignal | null;
  /** Redirect mode and coding. */
  readonly flags: number;
  readonly lease: number;
  readonly timeouts: TimeoutWords | undefined;
  /** Empty for none. */
  readonly affinity: string;
  /** Empty for none. */
  readonly integrity: string;
  /** Its policy, a space and its URL; empty for none. */
  readonly referrer: string;
}

/** The standard's words for what makes little difference on a server; another word is still an error. */
const words: Record<string, readonly string[]> = {
  mode: ['cors', 'no-cors', 'same-origin'],
  credentials: ['omit', 'same-origin', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  duplex: ['half'],
};

function check(init: FetchInit): void {
  if (typeof init !== 'object') throw new TypeError('RequestInit must be an object');
  for (const name in words) {
    const word = (init as Record<string, unknown>)[name];
    if (word !== undefined && !words[name]?.includes(word as string)) {
      throw new TypeError(`RequestInit: ${name} cannot be ${String(word)}`);
    }
  }
  if (init.cache === 'only-if-cached' && init.mode !== 'same-origin') {
    throw new TypeError("'only-if-cached' can be set only with 'same-origin' mode");
  }
  const { window } = init as { window?: unknown };
  if (window !== undefined && window !== null) {
    throw new TypeError(`'window' option '${String(window)}' must be null`);
  }
}

const redirectFlags: Record<string, number> = {
  follow: RequestFlag.redirectFollow,
  error: RequestFlag.redirectError,
  manual: RequestFlag.redirectManual,
};

/**
 * Reads `fetch`'s arguments (Fetch, "new Request"). What the engine checks is left to it.
 *
 * @throws {TypeError} for arguments of a wrong shape.
 */
export function state(input: string | URL | Request, given: FetchInit | null): Stated {
  const init = given ?? {};
  check(init);
  const request = input instanceof Request ? input : undefined;
  const url = request === undefined ? urlOf(input as string | URL) : request.url;
  const method = init.method ?? request?.method ?? 'GET';
  const headers = flatten(init.headers ?? request?.headers);
  const body = bodyOf(init, request);
  if (body.type !== null && !includes(headers, 'content-type')) {
    headers.push('content-type', body.type);
  }
  askCaches(headers, init.cache ?? request?.cache);
  const redirect = redirectFlags[init.redirect ?? request?.redirect ?? 'follow'];
  if (redirect === undefined) {
    throw new TypeError(`redirect must be follow, error or manual, not ${init.redirect}`);
  }
  return {
    url,
    method: `${method}`,
    headers,
    body,
    signal: signalOf(init, request),
    flags: redirect | compressionFlag(init.compress) | priorityFlag(init.priority),
    lease: leaseOf(init.connection),
    timeouts: checkTimeouts(init.timeout),
    affinity: affinityOf(init.affinity),
    integrity: init.integrity ?? request?.integrity ?? '',
    referrer: referrerOf(init, request),
  };
}

function urlOf(input: string | URL): string {
  return typeof input === 'string' ? input : input instanceof URL ? input.href : `${input}`;
}

function bodyOf(init: FetchInit, request: Request | undefined): Extracted {
  const given = init.body;
  if (given !== undefined && given !== null) {
    const body = extract(given);
    // The standard knows streams alone. node-fetch, for which older SDKs are written, never heard of the option
    // and takes what can be iterated, as an upload of `openai` 4 is.
    if (given instanceof ReadableStream && init.duplex !== 'half') {
      throw new TypeError('RequestInit: duplex option is required when sending a body.');
    }
    return body;
  }
  if (request === undefined || request.body === null) return extract(null);
  if (request.bodyUsed) {
    throw new TypeError(
      'Cannot construct a Request with a Request object that has already been used.',
    );
  }
  return extract(request.body);
}

function signalOf(init: FetchInit, request: Request | undefined): AbortSignal | null {
  const signal = init.signal === undefined ? request?.signal : init.signal;
  if (signal === undefined || signal === null) return null;
  if (typeof signal !== 'object' || typeof signal.aborted !== 'boolean') {
    throw new TypeError('RequestInit: signal must be an AbortSignal');
  }
  return signal;
}
