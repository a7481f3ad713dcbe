import type { Run } from '../trace.js';

/** Notes all that an SDK's emitter says of some names. */
export function listen(
  emitter: { on(name: never, listener: (...args: never[]) => void): unknown },
  names: readonly string[],
  run: Run,
): void {
  for (const name of names) {
    emitter.on(name as never, (...args: unknown[]) => run.note([name, ...args]));
  }
}
