/** What Node tells of this thread and its process. */

import {
  constants,
  monitorEventLoopDelay,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

import { engine } from '../native/link.js';
import { binding } from '../native/load.js';

/** How often the event loop's delay is looked at, in milliseconds. Its histogram includes this. */
const LAG_RESOLUTION = 20;

const GC_KINDS = new Map<number | undefined, string>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callbacks'],
]);

/** Collections of one kind, since the monitor was made. */
export interface Collections {
  readonly count: number;
  readonly total_ms: number;
  readonly max_ms: number;
}

/** How late the event loop was, in milliseconds. */
export interface Lag {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** Memory of the process, in bytes. */
export interface Memory {
  readonly rss_bytes: number;
  readonly heap_used_bytes: number;
  readonly heap_total_bytes: number;
  readonly heap_limit_bytes: number;
  /** `heap_used_bytes` of `heap_limit_bytes`. */
  readonly heap_used_percent: number;
  readonly external_bytes: number;
  /** What the engine's allocator has committed, touched or not; what it has touched is in `rss_bytes`. */
  readonly native_bytes: number;
}

/** Watches the thread that it is made on, and has the engine call all that use it, until it is closed. */
export class ProcessWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION });
  readonly #collections: Map<string, { count: number; total: number; max: number }> = new Map();
  readonly #observer: PerformanceObserver;
  readonly #since = performance.eventLoopUtilization();
  readonly #startedAt = performance.now();
  #closed = false;

  constructor() {
    this.#delay.enable();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { detail } = entry as PerformanceEntry & { detail?: NodeGCPerformanceDetail };
        this.#collected(detail?.kind, entry.duration);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
    // This thread is one of those that the engine calls, whether it sends anything or not.
    engine();
    binding().watchThreads();
  }

  /** Since the monitor was made. */
  lag(): Lag {
    const late = (nanos: number) => Math.max(0, nanos / 1e6 - LAG_RESOLUTION);
    const delay = this.#delay;
    if (delay.count === 0) return { p50_ms: 0, p99_ms: 0, max_ms: 0 };
    return {
      p50_ms: rounded(late(delay.percentile(50))),
      p99_ms: rounded(late(delay.percentile(99))),
      max_ms: rounded(late(delay.max)),
    };
  }

  /** The part of the time in which the event loop was busy, 0 to 1, since the monitor was made. */
  utilization(): number {
    return performance.eventLoopUtilization(this.#since).utilization;
  }

  collections(): Readonly<Record<string, Collections>> {
    const collected = [...this.#collections].map(([kind, { count, total, max }]) => [
      kind,
      { count, total_ms: rounded(total), max_ms: rounded(max) },
    ]);
    return Object.fromEntries(collected);
  }

  /** Seconds since the monitor was made. */
  uptime(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#delay.disable();
    this.#observer.disconnect();
    binding().unwatchThreads();
  }

  #collected(code: number | undefined, duration: number): void {
    const kind = GC_KINDS.get(code) ?? 'other';
    const { count, total, max } = this.#collections.get(kind) ?? { count: 0, total: 0, max: 0 };
    this.#collections.set(kind, {
      count: count + 1,
      total: total + duration,
      max: Math.max(max, duration),
    });
  }
}

/** The memory of the process now. */
export function memory(): Memory {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const limit = getHeapStatistics().heap_size_limit;
  return {
    rss_bytes: rss,
    heap_used_bytes: heapUsed,
    heap_total_bytes: heapTotal,
    heap_limit_bytes: limit,
    heap_used_percent: rounded((heapUsed / limit) * 100),
    external_bytes: external,
    native_bytes: binding().nativeMemory().committed,
  };
}

/** To three digits after the point. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
