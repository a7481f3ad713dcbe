import { setMaxListeners } from 'node:events';

import type { WarmlineError } from './error.js';
import { engine, type Receiver } from './link.js';

/** Waits for the answer to something that is not a request. */
class Answer implements Receiver {
  slot = -1;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onValue(value: unknown): void {
    this.#resolve(value);
  }

  onError(error: WarmlineError): void {
    this.#reject(error);
  }

  onWhole(): void {}
  onHead(): void {}
  onChunk(): void {}
  onEvents(): void {}
  onEnd(): void {}
  onPull(): void {}
  onRewind(): void {}
}

/**
 * Asks the engine and waits for its answer. An answer that crosses the signal's abort on its way
 * goes to `undo`.
 *
 * @throws {WarmlineError} what the engine says; the signal's reason once it is aborted.
 */
export function ask<T>(
  question: (receiver: Receiver) => void,
  signal?: AbortSignal | null,
  undo: (value: T) => void = () => {},
): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let onAbort: (() => void) | undefined;
    const settled = <V>(settle: (value: V) => void) => {
      return (value: V): void => {
        if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
        settle(value);
      };
    };
    const answer = new Answer(settled(resolve as (value: unknown) => void), settled(reject));
    question(answer);
    if (signal === undefined || signal === null) return;
    onAbort = () => {
      engine().abort(answer, new Answer(undo as (value: unknown) => void, () => {}));
      reject(signal.reason);
    };
    // One signal may well stop a thousand callers; Node would warn of the eleventh.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
