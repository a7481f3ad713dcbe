/** Reads the figures once a second, for everybody who wants them live. */

import { type Figures, type NamedClient, readFigures } from './figures.js';
import { History } from './history.js';

/** One reading. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly figures: Figures;
}

/** Told of each sample, and last of all, with none, that there will be no more. */
export type Listener = (sample?: Sample) => void;

/** Begins with the first call for a sample, and keeps no process alive. */
export class Sampler {
  readonly history: History = new History();
  /** Told of each sample before all others. */
  onSample: (sample: Sample) => void = () => {};
  readonly #clients: readonly NamedClient[];
  readonly #interval: number;
  readonly #listeners: Set<Listener> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<Sample> | undefined;
  #closed = false;

  constructor(clients: readonly NamedClient[], interval: number) {
    this.#clients = clients;
    this.#interval = interval;
  }

  /** The figures now; those who ask while they are read share them. */
  read(): Promise<Sample> {
    this.start();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads from now on, once per interval. */
  start(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setInterval(() => {
      // What fails here fails for whoever asks, too, and is theirs to hear.
      this.read().catch(() => {});
    }, this.#interval);
    this.#timer.unref();
  }

  /** Tells a listener of each sample to come. */
  listen(listener: Listener): void {
    this.#listeners.add(listener);
    this.start();
  }

  unlisten(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  async #read(): Promise<Sample> {
    const figures = await readFigures(this.#clients);
    const sample = { at: Date.now(), figures };
    this.history.add(figures, performance.now());
    this.onSample(sample);
    for (const listener of [...this.#listeners]) listener(sample);
    return sample;
  }
}
