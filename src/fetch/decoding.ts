import { WarmlineError } from '../native/error.js';
import {
  BodyDecoder,
  type DecodedEvent,
  type EventSink,
  type EventSource,
} from '../native/events.js';

/** Decodes what is there of a body. False if that failed, which the sink has been told. */
export function decodeBytes(
  wish: number,
  bytes: Uint8Array,
  complete: boolean,
  sink: EventSink,
): boolean {
  const decoder = new BodyDecoder(wish);
  try {
    const pass = (events: DecodedEvent[]): void => sink.events(events, 0);
    decoder.feed(bytes, pass);
    if (complete) decoder.finish(pass);
  } catch (cause) {
    sink.fail(new TypeError('terminated', { cause }));
    return false;
  }
  return true;
}

/** The events of a stream whose bytes are read in JavaScript: one half of a clone. */
export class StreamDecoding implements EventSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #unread = 0;
  #resume: (() => void) | undefined;

  constructor(stream: ReadableStream<Uint8Array>, wish: number, sink: EventSink) {
    this.#reader = stream.getReader();
    this.#run(new BodyDecoder(wish), sink).catch((reason: unknown) => {
      this.leave();
      sink.fail(
        reason instanceof WarmlineError ? new TypeError('terminated', { cause: reason }) : reason,
      );
    });
  }

  credit(bytes: number): void {
    this.#unread -= bytes;
    this.#resume?.();
  }

  leave(): void {
    // A stream that has failed says so to whoever reads it.
    this.#reader.cancel().catch(() => {});
  }

  forgo(): void {
    this.leave();
  }

  async #run(decoder: BodyDecoder, sink: EventSink): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      decoder.feed(value, (events) => {
        if (events.length === 0) return;
        this.#unread += value.length;
        sink.events(events, value.length);
      });
      // Reads on once everything so far has been read.
      while (this.#unread > 0) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      }
    }
    decoder.finish((events) => sink.events(events, 0));
    sink.end();
  }
}
