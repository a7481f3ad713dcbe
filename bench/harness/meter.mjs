// What a stretch of work costs this process: main thread, all threads, and how long each piece took.
import { performance } from 'node:perf_hooks';

/** @typedef {{ p50: number, p99: number }} Quantiles milliseconds */

/**
 * @typedef {object} Reading
 * @property {number} count pieces of work that ended
 * @property {number} seconds
 * @property {number} perSecond
 * @property {number} mainMicros main thread busy, microseconds for each piece
 * @property {number} cpuMicros CPU of the whole process, microseconds for each piece
 * @property {number} busy share of the time in which the main thread was busy, 0 to 1
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 */

/** Counts pieces of work from its creation on. */
export class Meter {
  #start = performance.now();
  #loop = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #latencies = [];
  #count = 0;

  /** A piece of work ended. */
  count() {
    this.#count++;
  }

  /** @param {number} milliseconds how long something took that `p50` and `p99` are to tell */
  latency(milliseconds) {
    this.#latencies.push(milliseconds);
  }

  /** @returns {Reading} */
  read() {
    const seconds = (performance.now() - this.#start) / 1000;
    const { active, utilization } = performance.eventLoopUtilization(this.#loop);
    const { user, system } = process.cpuUsage(this.#cpu);
    const count = this.#count;
    return {
      count,
      seconds,
      perSecond: count / seconds,
      mainMicros: (active * 1000) / count,
      cpuMicros: (user + system) / count,
      busy: utilization,
      ...quantiles(this.#latencies),
    };
  }
}

/** @returns {Quantiles} */
function quantiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p50: at(0.5) ?? Number.NaN, p99: at(0.99) ?? Number.NaN };
}
