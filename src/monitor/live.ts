/** Samples as they are made, as server-sent events for the dashboard. */

import type { Alerts } from '../alerts/alerts.js';
import type { PoolReport } from '../figures/figures.js';
import type { Listener, Sample, Sampler } from '../figures/sampler.js';
import { type Answer, text } from './answers.js';
import { memory, type ProcessWatch } from './process-figures.js';

const TYPE = 'text/event-stream';
/** A viewer that takes nothing for so many samples has none of those that follow, until it does. */
const MAX_WAITING = 4;

/** Writes each sample once, however many watch. */
export class Live {
  readonly #sampler: Sampler;
  readonly #watch: ProcessWatch;
  readonly #alerts: Alerts;
  readonly #controls: boolean;
  #last: { readonly sample: Sample; readonly bytes: Uint8Array } | undefined;

  /** @param controls whether who watches may change something. */
  constructor(sampler: Sampler, watch: ProcessWatch, alerts: Alerts, controls: boolean) {
    this.#sampler = sampler;
    this.#watch = watch;
    this.#alerts = alerts;
    this.#controls = controls;
  }

  /** An answer that goes on until its reader leaves or the monitor is closed. */
  async answer(): Promise<Answer> {
    let listener: Listener;
    const first = await this.#sampler.read();
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          listener = (sample?: Sample) => {
            if (sample === undefined) controller.close();
            else if ((controller.desiredSize ?? 0) > 0) controller.enqueue(this.#bytes(sample));
          };
          listener(first);
          this.#sampler.listen(listener);
        },
        cancel: () => this.#sampler.unlisten(listener),
      },
      { highWaterMark: MAX_WAITING },
    );
    return text(stream, TYPE);
  }

  #bytes(sample: Sample): Uint8Array {
    if (this.#last?.sample !== sample) {
      const { all, pools, threads } = sample.figures;
      const data = JSON.stringify({
        at: sample.at,
        pool: all,
        pools: Object.entries(pools).map(([name, { pool }]) => ({
          name,
          connections_idle: pool.connections_idle,
          max_connections: pool.max_connections,
          max_keepalive_connections: pool.max_keepalive_connections,
        })),
        origins: inAll(pools, ({ origins }) => origins),
        places: inAll(pools, ({ places }) => places),
        models: inAll(pools, ({ models }) => models),
        threads,
        controls: this.#controls,
        recent: this.#sampler.history.lately(),
        event_loop: this.#watch.lag(),
        memory: memory(),
        alerts: this.#alerts.firing(),
      });
      this.#last = { sample, bytes: Buffer.from(`data: ${data}\n\n`) };
    }
    return this.#last.bytes;
  }
}

/** Those of all pools, each with its pool's name. */
function inAll<T>(
  pools: Readonly<Record<string, PoolReport>>,
  of: (report: PoolReport) => readonly T[],
): (T & { pool: string })[] {
  return Object.entries(pools).flatMap(([pool, report]) =>
    of(report).map((one) => ({ pool, ...one })),
  );
}
