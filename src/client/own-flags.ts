import { hedgeFlag } from './hedge.js';
import { retryFlag } from './retry.js';

/**
 * The flags of a request that the client itself makes, and not somebody on it who retries by themselves.
 *
 * @throws {TypeError} that names the option which is wrong.
 */
export function ownFlags(options: {
  retry?: false | undefined;
  hedge?: boolean | undefined;
}): number {
  return retryFlag(options.retry) | hedgeFlag(options.hedge);
}
