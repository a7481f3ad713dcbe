import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, given, time, whole } from './checks.js';

/**
 * How much is sent to one origin with one key. Without a limit of its own it keeps to what the provider's headers
 * say.
 */
export interface RateLimit {
  /** Requests, whatever becomes of them. Default: no limit. */
  requestsPerMinute?: number;
  /**
   * Tokens of prompts and answers. A request is taken to use one for every four bytes of its body, and as many more
   * as the body lets the provider generate (`max_tokens` and its like), until its response has said how many they
   * were. Bodies that are streamed are taken to use none. Default: no limit.
   */
  tokensPerMinute?: number;
  /** Requests under way, responses that are still read included. Default: no limit. */
  concurrentRequests?: number;
  /**
   * What the limits per minute are counted over, in milliseconds: in each span of this length, wherever it begins,
   * no more goes out than its part of them. A shorter one spreads what would else go out at once. Default 60 000.
   */
  window?: number;
  /**
   * Whether requests also wait for what the provider says is left, in the headers `x-ratelimit-*` (OpenAI and its
   * like, Azure) and `anthropic-ratelimit-*`. Default `true`.
   */
  followHeaders?: boolean;
  /**
   * What becomes of a request that does not fit: `'wait'`, in the order in which they came, or `'refuse'`, with an
   * error of the code `WARMLINE_RATE_LIMITED` whose `retryAfter` says how long it would have had to wait. Default `'wait'`.
   */
  mode?: 'wait' | 'refuse';
  /**
   * How long one waits at most, in milliseconds, until it is refused. Default: as long as its deadline lets it.
   */
  maxWait?: number;
}

/**
 * One limit for every origin, or limits by origin: `{ 'https://api.openai.com': { requestsPerMinute: 500 } }`, where
 * `'*'` stands for all others.
 */
export type RateLimitOptions = RateLimit | Readonly<Record<string, RateLimit>>;

/** What was sent to one origin with one key. */
export interface RateLimitStatus {
  readonly origin: string;
  /** Requests in line. */
  readonly waiting: number;
  /** Requests under way, responses that are still read included. */
  readonly inFlight: number;
  /** Requests of the window that ends now; 0 where they are not limited. */
  readonly requests: number;
  /** Their tokens, estimated until their responses have said; 0 where they are not limited. */
  readonly tokens: number;
  /** How long it is, in milliseconds, until the next one may go; 0 if it may, and where it waits for another to end. */
  readonly retryAfter: number;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['rateLimits']>;
type Numbers = ReturnType<Binding['clientRateLimits']>[number];

const NAMES: readonly (keyof RateLimit)[] = [
  'requestsPerMinute',
  'tokensPerMinute',
  'concurrentRequests',
  'window',
  'followHeaders',
  'mode',
  'maxWait',
];
const EVERY = '*';

/**
 * Checks a client's `rateLimit` option.
 *
 * @returns for the engine; none for no limits.
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkRateLimit(name: string, limit: RateLimitOptions | false): Settings {
  if (limit === false) return [];
  if (!isByOrigin(limit)) return [checkOne(name, limit)];
  return Object.entries(limit).map(([origin, limit]) => ({
    ...(origin === EVERY ? {} : { origin: checkOrigin(name, origin) }),
    ...checkOne(`${name}[${origin}]`, limit),
  }));
}

/** A limit, as the engine says it. */
export function rateLimitStatus({ readyIn, ...numbers }: Numbers): RateLimitStatus {
  return { ...numbers, retryAfter: readyIn };
}

function isByOrigin(limit: RateLimitOptions): limit is Readonly<Record<string, RateLimit>> {
  if (typeof limit !== 'object' || limit === null) return false;
  return Object.keys(limit).some((name) => name === EVERY || name.includes('://'));
}

function checkOrigin(name: string, origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    origin.replace(/\/$/, '') === url.origin
  ) {
    return url.origin;
  }
  throw invalid(
    name,
    `an object whose keys are origins, such as 'https://api.openai.com', or '*'`,
    origin,
  );
}

function checkOne(name: string, limit: RateLimit): Settings[number] {
  checkNames(name, limit, NAMES);
  const { requestsPerMinute, tokensPerMinute, concurrentRequests, followHeaders, mode } = limit;
  const count = whole(name, 1, Number.MAX_SAFE_INTEGER);
  if (mode !== undefined && mode !== 'wait' && mode !== 'refuse') {
    throw invalid(`${name}.mode`, `'wait' or 'refuse'`, mode);
  }
  const refuse = mode === 'refuse';
  if (refuse && limit.maxWait !== undefined) {
    throw invalid(`${name}.maxWait`, `left out where mode is 'refuse'`, limit.maxWait);
  }
  return {
    refuse,
    ...given('requestsPerMinute', requestsPerMinute, count),
    ...given('tokensPerMinute', tokensPerMinute, count),
    ...given('concurrentRequests', concurrentRequests, whole(name, 1)),
    ...given('window', limit.window, time(name)),
    ...given('followHeaders', followHeaders, (option, follow) => {
      if (typeof follow === 'boolean') return follow;
      throw invalid(`${name}.${option}`, 'true or false', follow);
    }),
    ...given('maxWait', limit.maxWait, time(name)),
  };
}
