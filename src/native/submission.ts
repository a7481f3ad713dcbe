/** A request on its way to the engine, and who hears of it. */

import type { WarmlineError } from './error.js';
import type { DecodedEvent } from './events.js';

/** Who is told what becomes of a slot. Exactly one of the calls marked terminal ends it. */
export interface Receiver {
  /** Set by the link; -1 while the receiver has none. */
  slot: number;
  /**
   * Terminal: a whole response; `text` is its head and, from `headLength` on, its body, one character for
   * each byte. `total` is how long it took, in milliseconds.
   */
  onWhole(status: number, flags: number, text: string, headLength: number, total: number): void;
  onHead(status: number, flags: number, head: string): void;
  onChunk(bytes: Uint8Array<ArrayBuffer>): void;
  /** The body is decoded from now on; `bytes` of it went into these events. */
  onEvents(events: DecodedEvent[], bytes: number): void;
  /** Terminal, after so many milliseconds in all. */
  onEnd(total: number): void;
  /** Terminal. */
  onError(error: WarmlineError): void;
  /** The engine has passed on so many bytes of the request's body. */
  onPull(bytes: number): void;
  /** The engine wants the request's body once more: {@link StreamedBody.rewindable}. */
  onRewind(): void;
  /** Terminal: the answer to something that is not a request. */
  onValue(value: unknown): void;
}

/** Durations in milliseconds; `undefined` leaves it to the client. */
export interface TimeoutWords {
  readonly pool?: number | undefined;
  readonly connect?: number | undefined;
  readonly firstByte?: number | undefined;
  readonly idle?: number | undefined;
  readonly total?: number | undefined;
}

/** A request, ready to be encoded. The engine checks it. */
export interface Submission {
  readonly client: number;
  readonly lease: number;
  /** Of `RequestFlag`: all but those that follow from the rest. */
  readonly flags: number;
  readonly url: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | StreamedBody | null;
  readonly timeouts: TimeoutWords | undefined;
  /** Empty for none. */
  readonly affinity: string;
  /** Its policy, a space and its URL; empty for none. */
  readonly referrer: string;
}

/** A body that follows in pieces. */
export class StreamedBody {
  /** If it is known. */
  readonly length: number | undefined;
  /** Whether it can be had once more, should it have to be sent again. */
  readonly rewindable: boolean;

  constructor(length?: number, rewindable = false) {
    this.length = length;
    this.rewindable = rewindable;
  }
}
