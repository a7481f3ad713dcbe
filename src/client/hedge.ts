import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { duration } from '../native/timeouts.js';
import { checkNames } from './checks.js';

/** When an {@link HttpClient} sends a request a second time while the first one is under way. */
export interface HedgeOptions {
  /** After so long without an answer, in milliseconds: about what nine of ten requests take. */
  delay: number;
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
  checkNames('hedge', hedge, ['delay', 'ratio', 'reserve']);
  const { delay, ratio = DEFAULT_RATIO, reserve = DEFAULT_RESERVE } = hedge;
  if (typeof ratio !== 'number' || !(ratio >= 0 && ratio <= 1)) {
    throw invalid('hedge.ratio', 'a number from 0 to 1', ratio);
  }
  if (!Number.isInteger(reserve) || reserve < 0 || reserve > MOST_IN_RESERVE) {
    throw invalid('hedge.reserve', `a whole number from 0 to ${MOST_IN_RESERVE}`, reserve);
  }
  const settings = { delay: duration('hedge.delay', delay), budgetRatio: ratio };
  return { hedge: { ...settings, budgetReserve: reserve } };
}
