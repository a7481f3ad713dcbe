// The same work over and over, so many at a time: warmed up first, then measured.
import { setTimeout as wait } from 'node:timers/promises';
import { Meter } from './meter.mjs';

/** How often it is looked whether everything is warm. */
const LOOK_MILLISECONDS = 50;
/** A client too slow to reach its count has had its time. */
const MAX_WARM_UP_SECONDS = 10;

/** A run under way, as its work sees it. */
class Run {
  /** Where the work is counted. Another one once everything is warm: what was before does not count. */
  meter = new Meter();
  /** Work that goes on for long has to end now. */
  stopped = false;
}

/**
 * @param {(run: Run) => Promise<void>} work one piece of it, which counts itself
 * @param {object} plan
 * @param {number} plan.concurrency
 * @param {number} plan.warmUpSeconds
 * @param {number} [plan.warmUpCount] pieces of work that have to be done before anything is measured,
 *   so that code is compiled on a slow machine, too
 * @param {number} plan.seconds
 * @param {(reading: import('./meter.mjs').Reading) => void} [onProgress]
 * @returns {Promise<import('./meter.mjs').Reading>}
 */
export async function drive(work, plan, onProgress) {
  const { concurrency, warmUpSeconds, warmUpCount = 0, seconds } = plan;
  const run = new Run();
  const workers = Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!run.stopped) await work(run);
    }),
  );
  const measure = async () => {
    const warmUpEnd = performance.now() + MAX_WARM_UP_SECONDS * 1000;
    await wait(warmUpSeconds * 1000);
    while (run.meter.total < warmUpCount && performance.now() < warmUpEnd) {
      await wait(LOOK_MILLISECONDS);
    }
    run.meter = new Meter();
    await wait(seconds * 1000);
    return run.meter.read();
  };
  const ticker =
    onProgress && setInterval(() => onProgress(run.meter.read()), PROGRESS_MILLISECONDS);
  try {
    // Work that fails ends the run at once.
    return await Promise.race([measure(), workers]);
  } finally {
    clearInterval(ticker);
    run.stopped = true;
    await workers;
  }
}

const PROGRESS_MILLISECONDS = 250;
