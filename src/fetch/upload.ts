import { engine, type Receiver } from '../native/link.js';

/** The most bytes that have left their source and not yet the process. */
const WINDOW_BYTES = 256 * 1024;

/** A streamed request body: read from its source as fast as the socket takes it. */
export class Upload {
  readonly #owner: Receiver;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #outstanding = 0;
  #resume: (() => void) | undefined;
  #stopped = false;

  constructor(owner: Receiver, source: ReadableStream<Uint8Array>) {
    this.#owner = owner;
    this.#reader = source.getReader();
  }

  /**
   * Sends the source to its end.
   *
   * @throws whatever the source fails with, after the request has been cut short.
   */
  async run(): Promise<void> {
    try {
      while (!this.#stopped) {
        const { done, value } = await this.#reader.read();
        if (this.#stopped) return;
        if (done) {
          engine().bodyEnd(this.#owner);
          return;
        }
        if (!(value instanceof Uint8Array)) {
          throw new TypeError('Received non-Uint8Array chunk');
        }
        if (value.length === 0) continue;
        this.#outstanding += value.length;
        engine().bodyChunk(this.#owner, value);
        if (this.#outstanding >= WINDOW_BYTES) {
          await new Promise<void>((resolve) => {
            this.#resume = resolve;
          });
        }
      }
    } catch (error) {
      if (this.#stopped) return;
      engine().bodyError(this.#owner);
      this.stop(error);
      throw error;
    }
  }

  pulled(bytes: number): void {
    this.#outstanding -= bytes;
    if (this.#outstanding < WINDOW_BYTES) this.#wake();
  }

  /** The exchange is over: the source is told that nobody reads it any more. */
  stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake();
    // The source's own trouble with being cancelled is not the request's.
    this.#reader.cancel(reason).catch(() => {});
  }

  #wake(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}
