import type { Metered } from '../native/passing.js';
import { ProviderError } from '../sse/provider-error.js';
import type { TokenUsage } from '../sse/text-deltas.js';

/** What became of a response that was passed on. */
export interface PipeReport {
  /**
   * `complete`: all of it was passed on. `client-left`: the client went away, and the upstream was stopped.
   * `stopped`: the response was ended by somebody else, or the upstream by its `signal`.
   * `upstream-failed`: it broke off; the client's connection was closed without the response's end.
   */
  readonly end: 'complete' | 'client-left' | 'stopped' | 'upstream-failed';
  /** Bytes of the upstream's body that were passed on. */
  readonly bytes: number;
  /** What the provider reported of tokens used until the end; `undefined` for nothing. */
  readonly usage: TokenUsage | undefined;
  /** An error that the provider reported in its body. The client has it, too, as it came. */
  readonly providerError: ProviderError | undefined;
  /**
   * Why it ended: `TypeError: terminated` with a {@link WarmlineError} as its cause where the upstream
   * failed, the signal's reason where that stopped it; `undefined` in all other cases.
   */
  readonly error: unknown;
  /** Whether the engine wrote to the client's socket, and JavaScript saw no event. */
  readonly native: boolean;
}

/** Of a body from this URL. */
export function reportOf(
  url: string,
  facts: Pick<PipeReport, 'end' | 'bytes' | 'error' | 'native'>,
  { usage, failure }: Metered,
): PipeReport {
  const providerError = failure && new ProviderError(failure, new URL(url).origin);
  return { ...facts, usage, providerError };
}
