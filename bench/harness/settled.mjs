// Memory of a process that was started with `--expose-gc`.
import { setTimeout as wait } from 'node:timers/promises';

/** Memory in use once everything that is garbage is gone. @returns {Promise<number>} bytes */
export async function settledRss() {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    // Some of it is given back on the engine's own threads, which look for it twice a second.
    await wait(500);
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}
