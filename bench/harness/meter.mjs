// What a stretch of work costs this process: main thread, all threads, and how long each piece took.
import { performance } from 'node:perf_hooks';

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
  #latencies = new Histogram();
  #count = 0;

  /** So many pieces of work ended. */
  count(pieces = 1) {
    this.#count += pieces;
  }

  /** How many were counted so far. */
  get total() {
    return this.#count;
  }

  /** @param {number} milliseconds how long something took that `p50` and `p99` are to tell */
  latency(milliseconds) {
    this.#latencies.record(milliseconds);
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
      p50: this.#latencies.quantile(0.5),
      p99: this.#latencies.quantile(0.99),
    };
  }
}

/** Each bucket is this much wider than the one before it: a quantile is right to within 1 %. */
const GROWTH = Math.log(1.01);
const LEAST_MILLISECONDS = 0.001;
const BUCKETS = 2400;

/** Latencies in a fixed number of counters, so that measuring costs the same at any rate. */
class Histogram {
  #counts = new Uint32Array(BUCKETS);
  #total = 0;

  record(milliseconds) {
    const bucket = Math.log(milliseconds / LEAST_MILLISECONDS) / GROWTH;
    this.#counts[Math.min(BUCKETS - 1, Math.max(0, Math.round(bucket)))]++;
    this.#total++;
  }

  /** @returns {number} milliseconds; NaN when nothing was recorded */
  quantile(share) {
    const rank = Math.max(1, share * this.#total);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket];
      if (seen >= rank) return LEAST_MILLISECONDS * Math.exp(bucket * GROWTH);
    }
    return Number.NaN;
  }
}
