import { inspect } from 'node:util';

import { type Decodable, decode, type EventSink, type EventSource } from '../native/events.js';
import {
  connectionOf,
  factsIn,
  type RequestTimings,
  type ResponseConnection,
  timingsOf,
} from '../native/facts.js';
import { type ByteSink, type ByteSource, decoded, type Passable, pass } from '../native/passing.js';
import { ResponseFlag } from '../native/wire.js';
import { type Content, StreamContent } from './content.js';
import { ResponseHeaders } from './headers.js';
import { WholePassing } from './passing.js';

/** Statuses whose responses have no body, not even an empty one (Fetch, "null body status"). */
const NULL_BODY = new Set([101, 103, 204, 205, 304]);

/** What a response is made of before anybody asks for any of it. */
export interface ResponseParts {
  readonly status: number;
  readonly flags: number;
  /** Lines: reason, final URL or empty, facts of the exchange, then a name and a value for each header. */
  readonly head: string;
  /** The URL that was asked for; the response's own unless it was redirected. */
  readonly requestUrl: string;
  /** `null` where the method allows no body. */
  readonly content: Content | null;
  /** How long it all took, in milliseconds, or what will know that. */
  readonly total: number | { readonly total: number | undefined };
  /**
   * Called when somebody takes hold of a body that is still coming in: with the object that stands for
   * it from now on, or with nothing when all of it is being read.
   */
  readonly onClaim?: (holder?: object) => void;
}

/** What `fetch` resolves to: the standard's response, and how it came. */
export interface TimedResponse extends Response {
  /** Where the time went; `undefined` for `data:` and `blob:` URLs, as is `connection`. */
  readonly timings?: RequestTimings;
  /** The connection it came on. */
  readonly connection?: ResponseConnection;
  clone(): TimedResponse;
}

/**
 * A response of the engine. An instance of the global `Response`, whose constructor it never runs:
 * headers stay bytes until one is asked for, and a stream exists once `body` is touched.
 */
export class EngineResponse implements Decodable, Passable {
  readonly #parts: ResponseParts;
  #content: Content | null;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #headers: ResponseHeaders | undefined;

  constructor(parts: ResponseParts) {
    this.#parts = parts;
    this.#content = NULL_BODY.has(parts.status) ? null : parts.content;
  }

  get status(): number {
    return this.#parts.status;
  }

  get ok(): boolean {
    return this.#parts.status >= 200 && this.#parts.status <= 299;
  }

  get statusText(): string {
    return this.#line(0);
  }

  get redirected(): boolean {
    return (this.#parts.flags & ResponseFlag.redirected) !== 0;
  }

  get type(): Response['type'] {
    return (this.#parts.flags & ResponseFlag.crossedOrigins) === 0 ? 'basic' : 'cors';
  }

  get [decoded](): boolean {
    return (this.#parts.flags & ResponseFlag.decoded) !== 0;
  }

  get url(): string {
    return this.redirected ? this.#line(1) : serialized(this.#parts.requestUrl);
  }

  /** Where the time went. */
  get timings(): RequestTimings {
    const { head, total } = this.#parts;
    return timingsOf(factsIn(head), typeof total === 'number' ? total : total.total);
  }

  /** The connection it came on. */
  get connection(): ResponseConnection {
    return connectionOf(factsIn(this.#parts.head));
  }

  get headers(): Headers {
    this.#headers ??= new ResponseHeaders(this.#parts.head);
    return this.#headers as unknown as Headers;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#content === null) return null;
    if (this.#stream === undefined) {
      this.#stream = this.#content.stream();
      // Read already by other means, it is there to be seen, and locked.
      if (this.#content.disturbed) this.#stream.getReader();
      else this.#parts.onClaim?.(this.#stream);
    }
    return this.#stream;
  }

  get bodyUsed(): boolean {
    return this.#content?.disturbed ?? false;
  }

  text(): Promise<string> {
    return this.#consume((content) => content.text(), '');
  }

  json(): Promise<unknown> {
    return this.#consume((content) => content.text(), '').then(JSON.parse);
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#consume((content) => content.bytes(), new Uint8Array(0));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.bytes().then((bytes) => bytes.buffer);
  }

  blob(): Promise<Blob> {
    return this.bytes().then((bytes) => new Response(bytes, this.#typed()).blob());
  }

  formData(): Promise<FormData> {
    return this.bytes().then((bytes) => new Response(bytes, this.#typed()).formData());
  }

  clone(): Response {
    if (this.bodyUsed || this.#stream?.locked) {
      throw new TypeError('Response.clone: Body has already been consumed.');
    }
    return this.#with(this.#content?.copy() ?? this.#split());
  }

  /** This response with other bytes in place of its body. */
  withContent(content: Content): Response {
    return this.#with(content);
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  [inspect.custom](depth: number, options: object): string {
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url } = this;
    const shown = { status, statusText, headers, body, bodyUsed, ok, redirected, type, url };
    return `Response ${inspect(shown, { ...options, depth })}`;
  }

  /** Reads all of the body, once. */
  #consume<T>(read: (content: Content) => Promise<T>, empty: T): Promise<T> {
    const content = this.#content;
    if (content === null) return Promise.resolve(empty);
    if (this.#unusable) return Promise.reject(unusable());
    // Whoever touched `body` before holds a stream whose bytes go elsewhere now.
    this.#stream?.getReader();
    this.#parts.onClaim?.();
    return read(content);
  }

  /** The body as events instead of bytes. */
  [decode](wish: number, sink: EventSink, reader: object): EventSource {
    const content = this.#content;
    if (this.#unusable) throw unusable();
    this.#stream?.getReader();
    this.#parts.onClaim?.(reader);
    return content === null ? nothing(sink) : content.decode(wish, sink);
  }

  /** The body passed on as it comes. */
  [pass](sink: ByteSink, holder?: object): ByteSource {
    const content = this.#content;
    if (this.#unusable) throw unusable();
    this.#stream?.getReader();
    this.#parts.onClaim?.(holder);
    return content === null ? new WholePassing(new Uint8Array(0), sink) : content.pass(sink);
  }

  get #unusable(): boolean {
    return this.#content !== null && (this.#content.disturbed || this.#stream?.locked === true);
  }

  #with(content: Content | null): Response {
    const { status, flags, head, requestUrl, total } = this.#parts;
    const parts = { status, flags, head, requestUrl, content, total };
    return new EngineResponse(parts) as unknown as Response;
  }

  /** Splits the stream: one half stays, the other is the result. */
  #split(): Content | null {
    const { body } = this;
    if (body === null) return null;
    const [mine, other] = body.tee();
    this.#content = new StreamContent(mine);
    this.#stream = undefined;
    return new StreamContent(other);
  }

  /** What tells `blob` and `formData` the body's type. */
  #typed(): ResponseInit {
    const type = this.headers.get('content-type');
    return type === null ? {} : { headers: { 'content-type': type } };
  }

  #line(number: number): string {
    const { head } = this.#parts;
    let start = 0;
    for (let line = 0; line < number; line++) start = head.indexOf('\n', start) + 1;
    return head.slice(start, head.indexOf('\n', start));
  }
}

function unusable(): TypeError {
  return new TypeError('Body is unusable: Body has already been read or is locked');
}

/** The events of no body. */
function nothing(sink: EventSink): EventSource {
  sink.end();
  return { credit() {}, leave() {}, forgo() {} };
}

/** URLs as callers wrote them, and as the standard does. SDKs ask for it at every response. */
const serializations: Map<string, string> = new Map();
const MAX_SERIALIZATIONS = 256;

function serialized(text: string): string {
  let href = serializations.get(text);
  if (href === undefined) {
    const url = new URL(text);
    url.hash = '';
    href = url.href;
    if (serializations.size >= MAX_SERIALIZATIONS) serializations.clear();
    serializations.set(text, href);
  }
  return href;
}

Object.setPrototypeOf(EngineResponse.prototype, Response.prototype);
