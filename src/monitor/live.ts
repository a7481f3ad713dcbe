/** Samples as they are made, as server-sent events for the dashboard. */

import type { Alerts } from './alerts/alerts.js';
import { memory, type ProcessWatch } from './process-figures.js';
import type { Listener, Sample, Sampler } from './sampler.js';

const TYPE = 'text/event-stream';
/** A viewer that takes nothing for so many samples has none of those that follow, until it does. */
const MAX_WAITING = 4;

/** Writes each sample once, however many watch. */
export class Live {
  readonly #sampler: Sampler;
  readonly #watch: ProcessWatch;
  readonly #alerts: Alerts;
  #last: { readonly sample: Sample; readonly bytes: Uint8Array } | undefined;

  constructor(sampler: Sampler, watch: ProcessWatch, alerts: Alerts) {
    this.#sampler = sampler;
    this.#watch = watch;
    this.#alerts = alerts;
  }

  /** A response that goes on until its reader leaves or the monitor is closed. */
  async response(): Promise<Response> {
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
    const headers = { 'content-type': TYPE, 'cache-control': 'no-store' };
    return new Response(stream, { headers });
  }

  #bytes(sample: Sample): Uint8Array {
    if (this.#last?.sample !== sample) {
      const { all, pools } = sample.figures;
      const data = JSON.stringify({
        at: sample.at,
        pool: all,
        origins: Object.values(pools).flatMap(({ origins }) => origins),
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
