import { binding } from '../native/load.js';
import { duration, durationOrNone } from '../native/timeouts.js';
import { checkNames } from './checks.js';
import type { RetryOptions } from './retry.js';

/** How an {@link HttpClient} keeps the pauses that servers ask for. */
export interface CooldownOptions {
  /**
   * The longest pause that requests wait for, in milliseconds. Whoever is told to wait for longer is out of quota
   * rather than too quick: such a pause is not waited for, and requests get the server's answer. Default: what
   * `retry.backoffMaxDelay` is, 60 000.
   */
  maxDelay?: number;
}

/** A pause that a server has asked for. */
export interface Cooldown {
  readonly origin: string;
  /** Stands for the credential of the requests, from which it cannot be told; another one in each process. */
  readonly key: string;
  /** What is left of it, in milliseconds; 0 while those who waited leave one after another. */
  readonly retryAfter: number;
}

/**
 * Checks a client's `cooldown` option; for the engine, 0 is none.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkCooldown(
  cooldown: CooldownOptions | false = {},
  retry: RetryOptions | false = {},
): { cooldown?: number } {
  if (cooldown === false) return { cooldown: 0 };
  checkNames('cooldown', cooldown, ['maxDelay']);
  const { maxDelay } = cooldown;
  if (maxDelay !== undefined) return { cooldown: duration('cooldown.maxDelay', maxDelay) };
  const longest = retry === false ? undefined : retry.backoffMaxDelay;
  if (longest === undefined) return {};
  return { cooldown: durationOrNone('retry.backoffMaxDelay', longest) };
}

/**
 * The pauses that servers have asked for, of all threads and clients of the process.
 *
 * @throws {NativeUnavailableError} without a native binary for this platform.
 */
export function getCooldowns(): Cooldown[] {
  return binding().processCooldowns();
}
