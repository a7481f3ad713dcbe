import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { durationOrNone, LONGEST } from '../native/timeouts.js';
import { checkNames, given, whole } from './checks.js';

/**
 * A kind of failure, by httpx's names for them, or the `code` of one, such as `'ECONNRESET'`.
 *
 * `'ConnectError'`: the name was not found, no address answered, the TLS handshake broke off; not a certificate that
 * is refused. `'ConnectTimeout'`, `'ReadTimeout'` (no response in time), `'WriteTimeout'` (the request was not taken in
 * time) and `'PoolTimeout'` (no connection in time); `'TimeoutException'` is all four. `'NetworkError'`: `'ConnectError'`, or a connection that broke before a response
 * came.
 */
export type RetryException =
  | 'ConnectError'
  | 'ConnectTimeout'
  | 'ReadTimeout'
  | 'WriteTimeout'
  | 'PoolTimeout'
  | 'TimeoutException'
  | 'NetworkError'
  | (string & {});

/** How much load retries may add, for each origin or endpoint. */
export interface RetryBudget {
  /** Retries for each request, from 0 to 1; those of the last ten seconds' requests are saved up. Default 0.2: one for five. */
  ratio?: number;
  /** Retries beyond these, which come back over a minute once they are used up. Default 10. */
  reserve?: number;
}

/** When an {@link HttpClient} sends a request again. */
export interface RetryOptions {
  /** How often at the most, after the first time. Default 3. */
  attempts?: number;
  /**
   * The wait before the n-th retry is a random part of this many seconds times 2 to the power of n - 1, unless the
   * server says how long to wait (`retry-after-ms`, `retry-after`). Default 0.5.
   */
  backoffFactor?: number;
  /** The longest wait, in milliseconds, also where the server asks for a longer one. Default 60 000. */
  backoffMaxDelay?: number;
  /**
   * Statuses that are worth another try; `x-should-retry` goes before them. Default 408, 429, 500, 502, 503 and 504.
   */
  statusCodes?: readonly number[];
  /** Failures that are. Default `['ConnectError', 'TimeoutException', 'NetworkError']`. */
  exceptions?: readonly RetryException[];
  /**
   * `true` gives each request whose method is not idempotent an `idempotency-key` of its own, the same at every
   * try: for servers that know a repetition by it, which the public ones of LLM providers do not promise to do.
   * Default `false`.
   */
  idempotencyKey?: boolean;
  /** How much load retries may add; `false` is as much as they come to. */
  budget?: RetryBudget | false;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['retry']>;

const NAMES: readonly (keyof RetryOptions)[] = [
  'attempts',
  'backoffFactor',
  'backoffMaxDelay',
  'statusCodes',
  'exceptions',
  'idempotencyKey',
  'budget',
];
const EXCEPTIONS: readonly string[] = [
  'ConnectError',
  'ConnectTimeout',
  'ReadTimeout',
  'PoolTimeout',
  'TimeoutException',
  'NetworkError',
];
const CODE = /^[A-Z][A-Z0-9_]*$/;
const MOST_ATTEMPTS = 100;
const MOST_IN_RESERVE = 1_000_000;

/**
 * Checks a client's `retry` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkRetry(retry: RetryOptions | false = {}): { retry?: Settings } {
  if (retry === false) return {};
  checkNames('retry', retry, NAMES);
  const { attempts, backoffFactor, backoffMaxDelay, statusCodes, exceptions, budget } = retry;
  return {
    retry: {
      ...given('attempts', attempts, whole('retry', 0, MOST_ATTEMPTS)),
      ...given('backoffFactor', backoffFactor, (_, seconds) => {
        if (typeof seconds === 'number' && seconds >= 0) {
          return Math.min(Math.ceil(seconds * 1000), LONGEST);
        }
        throw invalid('retry.backoffFactor', 'a number of seconds, or 0', seconds);
      }),
      ...given('backoffMaxDelay', backoffMaxDelay, (name, delay) =>
        durationOrNone(`retry.${name}`, delay),
      ),
      ...given('statusCodes', statusCodes, list('statuses from 400 to 599', isErrorStatus)),
      ...given('exceptions', exceptions, list(`${EXCEPTIONS.join(', ')} or codes`, isException)),
      ...given('idempotencyKey', retry.idempotencyKey, (_, wanted) => {
        if (typeof wanted === 'boolean') return wanted;
        throw invalid('retry.idempotencyKey', 'true or false', wanted);
      }),
      ...checkBudget(budget),
    },
  };
}

function checkBudget(
  budget: RetryBudget | false = {},
): Pick<Settings, 'budgeted' | 'budgetRatio' | 'budgetReserve'> {
  if (budget === false) return { budgeted: false };
  checkNames('retry.budget', budget, ['ratio', 'reserve']);
  return {
    budgeted: true,
    ...given('budgetRatio', budget.ratio, (_, ratio) => {
      if (typeof ratio === 'number' && ratio >= 0 && ratio <= 1) return ratio;
      throw invalid('retry.budget.ratio', 'a number from 0 to 1', ratio);
    }),
    ...given('budgetReserve', budget.reserve, (_, reserve) =>
      whole('retry.budget', 0, MOST_IN_RESERVE)('reserve', reserve),
    ),
  };
}

function list<Item>(
  allowed: string,
  isAllowed: (item: Item) => boolean,
): (name: string, items: readonly Item[]) => Item[] {
  return (name, items) => {
    if (Array.isArray(items) && items.every(isAllowed)) return [...items];
    throw invalid(`retry.${name}`, `an array of ${allowed}`, items);
  };
}

function isErrorStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status <= 599;
}

function isException(name: string): boolean {
  return typeof name === 'string' && (EXCEPTIONS.includes(name) || CODE.test(name));
}
