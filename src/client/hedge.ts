import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, given, time, whole } from './checks.js';

/** When an {@link HttpClient} sends a request a second time while the first one is under way: `delay`, `quantile` or both. */
export interface HedgeOptions {
  /**
   * After so long without an answer, in milliseconds: about what nine of ten requests take. Beside a `quantile` it
   * holds while too few answers are known.
   */
  delay?: number;
  /**
   * After as long as this part of the answers took at most, above 0 and below 1: 0.95 for the slowest twentieth. What
   * counts is the origin's last five minutes, from the call to the head of the response, of requests that may be sent twice, over all
   * clients of the process that are set up alike; with fewer than 20 of them, none is sent a second time, unless there is
   * a `delay`.
   */
  quantile?: number;
  /** How much load that may add: requests for each request, from 0 to 1. Default 0.05. */
  ratio?: number;
  /** Requests beyond these, which come back over a minute once they are used up. Default 3. */
  reserve?: number;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['hedge']>;

const DEFAULT_RATIO = 0.05;
const DEFAULT_RESERVE = 3;
const MOST_IN_RESERVE = 1_000_000;

/**
 * Checks a client's `hedge` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkHedge(hedge: HedgeOptions | false = false): { hedge?: Settings } {
  if (hedge === false) return {};
  checkNames('hedge', hedge, ['delay', 'quantile', 'ratio', 'reserve']);
  const { delay, quantile, ratio = DEFAULT_RATIO, reserve = DEFAULT_RESERVE } = hedge;
  if (typeof ratio !== 'number' || !(ratio >= 0 && ratio <= 1)) {
    throw invalid('hedge.ratio', 'a number from 0 to 1', ratio);
  }
  if (delay === undefined && quantile === undefined) {
    throw invalid('hedge.delay', 'given where there is no quantile', delay);
  }
  return {
    hedge: {
      ...given('delay', delay, time('hedge')),
      ...given('quantile', quantile, (name, part) => {
        if (typeof part === 'number' && part > 0 && part < 1) return part;
        throw invalid(`hedge.${name}`, 'a number between 0 and 1', part);
      }),
      budgetRatio: ratio,
      budgetReserve: whole('hedge', 0, MOST_IN_RESERVE)('reserve', reserve),
    },
  };
}
