import type { EventSink, EventSource } from '../native/events.js';
import type { ByteSink, ByteSource } from '../native/passing.js';
import { bytesOf } from './bytes.js';
import { decodeBytes, StreamDecoding } from './decoding.js';
import type { Inflow } from './inflow.js';
import { StreamPassing, WholePassing } from './passing.js';

const utf8 = new TextDecoder();

/** Where a response's body comes from. Each kind can be read whole once, or as a stream. */
export interface Content {
  /** Somebody has read from it. */
  readonly disturbed: boolean;
  text(): Promise<string>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** As events, which go to `sink`. */
  decode(wish: number, sink: EventSink): EventSource;
  /** Passed on to `sink` as it comes. */
  pass(sink: ByteSink): ByteSource;
  /** The same body once more, where its bytes are at hand; `null` where only its stream can be split. */
  copy(): Content | null;
}

/** A body that came whole with its head: a string with one character for each byte. */
export class WholeContent implements Content {
  readonly #bytes: string;
  /** Its bytes are its characters. */
  readonly #ascii: boolean;
  disturbed = false;

  constructor(bytes: string, ascii: boolean) {
    this.#bytes = bytes;
    this.#ascii = ascii;
  }

  text(): Promise<string> {
    this.disturbed = true;
    return Promise.resolve(this.#ascii ? this.#bytes : utf8.decode(bytesOf(this.#bytes)));
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.disturbed = true;
    return Promise.resolve(bytesOf(this.#bytes));
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        type: 'bytes',
        pull: (controller: ReadableByteStreamController) => {
          this.disturbed = true;
          const bytes = bytesOf(this.#bytes);
          if (bytes.length > 0) controller.enqueue(bytes);
          controller.close();
          controller.byobRequest?.respond(0);
        },
        cancel: () => {
          this.disturbed = true;
        },
      },
      { highWaterMark: 0 },
    ) as ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  decode(wish: number, sink: EventSink): EventSource {
    this.disturbed = true;
    if (decodeBytes(wish, bytesOf(this.#bytes), true, sink)) sink.end();
    return { credit() {}, leave() {}, forgo() {} };
  }

  pass(sink: ByteSink): ByteSource {
    this.disturbed = true;
    return new WholePassing(bytesOf(this.#bytes), sink);
  }

  copy(): Content {
    return new WholeContent(this.#bytes, this.#ascii);
  }
}

/** A body that is still coming in. */
export class FlowingContent implements Content {
  readonly #inflow: Inflow;

  constructor(inflow: Inflow) {
    this.#inflow = inflow;
  }

  get disturbed(): boolean {
    return this.#inflow.disturbed;
  }

  async text(): Promise<string> {
    return utf8.decode(await this.#inflow.collect());
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inflow.collect();
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#inflow.stream();
  }

  decode(wish: number, sink: EventSink): EventSource {
    return this.#inflow.decode(wish, sink);
  }

  pass(sink: ByteSink): ByteSource {
    return this.#inflow.pass(sink);
  }

  copy(): null {
    return null;
  }
}

/** One half of a body that was cloned while it came in. */
export class StreamContent implements Content {
  readonly #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  disturbed = false;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#stream = stream;
  }

  text(): Promise<string> {
    return this.#read().text();
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#read().arrayBuffer());
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream;
  }

  decode(wish: number, sink: EventSink): EventSource {
    this.disturbed = true;
    return new StreamDecoding(this.#stream, wish, sink);
  }

  pass(sink: ByteSink): ByteSource {
    this.disturbed = true;
    return new StreamPassing(this.#stream, sink);
  }

  copy(): null {
    return null;
  }

  #read(): Response {
    this.disturbed = true;
    return new Response(this.#stream);
  }
}
