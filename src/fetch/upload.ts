import { engine, type Receiver } from '../native/link.js';

/** The most bytes that have left their source and not yet the process. */
const WINDOW_BYTES = 256 * 1024;

/** A streamed request body: read from its source as fast as the socket takes it. */
export class Upload {
  readonly #owner: Receiver;
  readonly #source: Blob | ReadableStream<Uint8Array>;
  readonly #failed: (reason: unknown) => void;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #outstanding = 0;
  #resume: (() => void) | undefined;
  #stopped = false;

  /** `failed` hears of a source that fails, after the request has been cut short. */
  constructor(
    owner: Receiver,
    source: Blob | ReadableStream<Uint8Array>,
    failed: (reason: unknown) => void,
  ) {
    this.#owner = owner;
    this.#source = source;
    this.#failed = failed;
    this.#reader = readerOf(source);
    this.#run(this.#reader);
  }

  pulled(bytes: number): void {
    this.#outstanding -= bytes;
    if (this.#outstanding < WINDOW_BYTES) this.#wake();
  }

  /** Begins again: the body has to be sent once more. */
  rewind(): void {
    if (this.#stopped) return;
    this.#leave(undefined);
    this.#outstanding = 0;
    this.#reader = readerOf(this.#source);
    engine().bodyRewind(this.#owner);
    this.#run(this.#reader);
  }

  /** The exchange is over: the source is told that nobody reads it any more. */
  stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#leave(reason);
  }

  /** Sends the source to its end, unless it is stopped or begun again meanwhile. */
  async #run(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const isOver = () => this.#stopped || reader !== this.#reader;
    try {
      while (!isOver()) {
        const { done, value } = await reader.read();
        if (isOver()) return;
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
      if (isOver()) return;
      engine().bodyError(this.#owner);
      this.stop(error);
      this.#failed(error);
    }
  }

  #leave(reason: unknown): void {
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

function readerOf(
  source: Blob | ReadableStream<Uint8Array>,
): ReadableStreamDefaultReader<Uint8Array> {
  return (source instanceof Blob ? source.stream() : source).getReader();
}
