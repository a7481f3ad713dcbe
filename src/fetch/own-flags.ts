import { invalid } from '../native/invalid.js';
import { RequestFlag } from '../native/wire.js';

/**
 * The flags of a request that is the caller's own, and not of somebody who retries by themselves.
 *
 * @throws {TypeError} that names the option which is wrong.
 */
export function ownFlags(options: {
  retry?: false | undefined;
  hedge?: boolean | undefined;
}): number {
  return retryFlag(options.retry) | hedgeFlag(options.hedge);
}

/**
 * The flag of a request that may be sent again.
 *
 * @throws {TypeError} for anything but `false`.
 */
function retryFlag(retry: false | undefined): number {
  if (retry === undefined) return RequestFlag.retry;
  if (retry === false) return 0;
  throw invalid('retry', 'false, or left out', retry);
}

/**
 * The flag of a request that may be sent a second time.
 *
 * @throws {TypeError} for anything but `true` and `false`.
 */
function hedgeFlag(hedge: boolean | undefined): number {
  if (hedge === undefined) return RequestFlag.hedgeIdempotent;
  if (typeof hedge === 'boolean') return hedge ? RequestFlag.hedgeAlways : 0;
  throw invalid('hedge', 'true or false', hedge);
}
