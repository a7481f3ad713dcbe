/** A body that is passed on byte by byte: what stands between a response and whoever passes it on. */

import { type ErrorFacts, WarmlineError } from './error.js';
import { engine } from './link.js';
import { binding } from './load.js';

/** What a body says of usage and failure, as far as it was counted. */
export interface Metered {
  readonly usage?: {
    readonly inputTokens?: number;
    readonly outputTokens?: number;
    readonly totalTokens?: number;
    readonly cachedInputTokens?: number;
  };
  readonly failure?: { readonly type?: string; readonly code?: string; readonly message: string };
}

/** How the engine's own passing on of a body ended. */
export interface RelayReport extends Metered {
  /** `failed`: the body broke off; `gone`: the client did. */
  readonly end: 'complete' | 'halted' | 'gone' | 'failed';
  /** Bytes of the body that were written. */
  readonly bytes: number;
  readonly error?: ErrorFacts;
}

/** Where the engine is to write a body, and what it is to do beside that. */
export interface RelayOrder {
  /** As {@link lend} gave it. */
  readonly socket: number;
  /** What is to be counted; `undefined` for nothing. */
  readonly wish: number | undefined;
  /** Milliseconds of silence after which an event stream gets a comment; `undefined` for none. */
  readonly heartbeat: number | undefined;
}

/** Who passes a body on. */
export interface ByteSink {
  chunk(bytes: Uint8Array<ArrayBuffer>): void;
  end(): void;
  /** The body breaks off here. */
  fail(reason: unknown): void;
  /** The caller wants it to end. */
  stop(reason: unknown): void;
  /** The engine has passed on the rest; nothing else is called. */
  relayed(report: RelayReport): void;
  /** The engine does not do so: the rest comes as {@link chunk}. */
  declined(): void;
}

/** What can be done to a body that is passed on. Nothing moves before {@link flow} or {@link relay}. */
export interface ByteSource {
  /** The rest goes to the sink. */
  flow(): void;
  /** The rest goes to a lent socket, if the engine can do that. */
  relay(order: RelayOrder): void;
  /** Ends that early: between two chunks, or at once where the socket is lost. The sink gets its report. */
  halt(now: boolean): void;
  /** So many bytes have been passed on. */
  credit(bytes: number): void;
  /** Nobody wants the rest: the upstream is stopped. */
  leave(): void;
}

/** The method by which a response hands its body over to be passed on. */
export const pass: unique symbol = Symbol('warmline.pass');

/** Whether the engine has undone the content codings that a response's headers name. */
export const decoded: unique symbol = Symbol('warmline.decoded');

/** A response whose body can be passed on, once. */
export interface Passable {
  readonly [decoded]: boolean;
  /**
   * `holder` is what the caller holds: once it has been collected, the upstream is stopped. Without one,
   * it is not.
   *
   * @throws {TypeError} if the body has been read already.
   */
  [pass](sink: ByteSink, holder?: object): ByteSource;
}

/** Lends a socket to the engine by its descriptor; `undefined` where that is not possible. */
export function lend(descriptor: number): number | undefined {
  return engine().lend(descriptor);
}

/** Takes back a socket that the engine has not used. */
export function takeBack(socket: number): void {
  engine().takeBack(socket);
}

/** Counts a body that passes through JavaScript. */
export class Meter {
  readonly #native;

  constructor(wish: number) {
    const { BodyMeter } = binding();
    this.#native = new BodyMeter(wish);
  }

  feed(bytes: Uint8Array): void {
    this.#native.feed(bytes);
  }

  finish(): void {
    this.#native.finish();
  }

  read(): Metered {
    return JSON.parse(this.#native.report()) as Metered;
  }
}

/** The engine's own error in a report. */
export function errorOf({ error }: RelayReport): WarmlineError | undefined {
  return error && new WarmlineError(error);
}
