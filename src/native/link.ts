/**
 * This thread's link to the engine: requests go out in one call at the end of the turn, and whatever
 * has happened comes back in one call per burst. Nothing here waits for a batch to fill.
 *
 * `nextTick` and `setImmediate` are imported: so they stay Node's own where a test has replaced the global ones.
 */

import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';
import { isMainThread, threadId } from 'node:worker_threads';

import { failureOf } from './circuit-open.js';
import type { ErrorFacts, WarmlineError } from './error.js';
import { EventValues, type Likeness } from './events.js';
import { millis } from './facts.js';
import { binding } from './load.js';
import { Outgoing } from './outgoing.js';
import type { Receiver, Submission } from './submission.js';
import { isTraced, Traced, trace } from './trace.js';
import { Done, EVENT_WORDS, MORE, NONE, Op, wordsOf } from './wire.js';

export { type Receiver, StreamedBody, type Submission, type TimeoutWords } from './submission.js';

const GONE: Receiver = {
  slot: -1,
  onWhole() {},
  onHead() {},
  onChunk() {},
  onEvents() {},
  onEnd() {},
  onError() {},
  onPull() {},
  onRewind() {},
  onValue() {},
};

/**
 * Once so much is handed over, in bytes and characters, the next drain waits until the event loop has turned: Node calls
 * up to a thousand times in a row while there is news, and neither timers nor other sockets have their turn meanwhile.
 */
const TURN_LENGTH = 64 * 1024;

class Link {
  readonly #native;
  readonly #outgoing = new Outgoing(
    (buffer, length, sides) => this.#submit(buffer, length, sides),
    (receiver) => this.#open(receiver),
  );
  readonly #completion: Buffer;
  readonly #completionBytes: Uint8Array<ArrayBuffer>;
  readonly #completionWords: Uint32Array;
  readonly #receivers: Receiver[] = [];
  readonly #freeSlots: number[] = [];
  /** By slot, once its body is read as events. */
  readonly #likenesses: (Likeness | undefined)[] = [];
  /** Handed over since the event loop turned, as far as that is known. */
  #handedOver = 0;
  /** The next drain waits for the event loop to turn. */
  #waits = false;
  /** The engine has called meanwhile. */
  #called = false;
  /** Receivers that still want to hear something; the process stays alive for them. */
  #active = 0;

  constructor() {
    const { Link: NativeLink, completionBufferSize } = binding();
    const thread = isMainThread ? 'main' : `worker-${threadId}`;
    this.#native = new NativeLink(() => this.#onCall(), thread);
    this.#completion = Buffer.allocUnsafeSlow(completionBufferSize());
    this.#completionBytes = new Uint8Array(this.#completion.buffer as ArrayBuffer);
    this.#completionWords = wordsOf(this.#completion);
  }

  /** Sends a request. `receiver` hears what becomes of it. */
  request(receiver: Receiver, request: Submission): void {
    if (isTraced()) this.#outgoing.request(...trace(receiver, request));
    else this.#outgoing.request(receiver, request);
  }

  /**
   * Stops whatever `receiver` waits for. It hears nothing more; its slot is freed in time. What the
   * engine had answered before it heard of this goes to `heir`.
   */
  abort(receiver: Receiver, heir: Receiver = GONE): void {
    this.#dismiss(receiver, heir, Op.abort);
  }

  /** As {@link abort}, but the rest of the response's body is read, within bounds, for its connection's sake. */
  forgo(receiver: Receiver): void {
    this.#dismiss(receiver, GONE, Op.forgo);
  }

  /** So many bytes of a response's body have been read: the engine may read on. */
  credit(receiver: Receiver, bytes: number): void {
    if (receiver.slot >= 0) this.#outgoing.tellNumber(Op.credit, receiver.slot, bytes);
  }

  /**
   * Wants the rest of a response's body as events. `received` bytes of it have come so far, and of
   * those `unread` is what nobody has read. The engine begins once it finds that no more was on the way:
   * whatever chunk still comes is to be asked with once more.
   */
  decode(receiver: Receiver, wish: number, received: number, unread: Uint8Array): void {
    if (receiver.slot >= 0)
      this.#outgoing.handBack([Op.decode, receiver.slot, wish], received, unread);
  }

  /**
   * Wants the rest of a response's body written to a lent socket, counted as `wish` says and with comments
   * after `heartbeat` milliseconds of silence. `received`, `unread` and what follows are as with {@link decode}.
   */
  relay(
    receiver: Receiver,
    socket: number,
    wish: number | undefined,
    heartbeat: number | undefined,
    received: number,
    unread: Uint8Array,
  ): void {
    const { slot } = receiver;
    if (slot < 0) return;
    this.#outgoing.handBack(
      [Op.relay, slot, socket, wish ?? NONE, heartbeat ?? NONE],
      received,
      unread,
    );
  }

  /** Ends a relay before its body does: at once, or after the chunk that is being written. */
  halt(receiver: Receiver, now: boolean): void {
    if (receiver.slot >= 0) this.#outgoing.tellNumber(Op.halt, receiver.slot, now ? 1 : 0);
  }

  /** Lends a socket of this thread, by its descriptor, for {@link relay}. */
  lend(descriptor: number): number | undefined {
    return this.#native.lend(descriptor) ?? undefined;
  }

  /** Takes a lent socket back that no relay has taken. */
  takeBack(socket: number): void {
    this.#native.takeBack(socket);
  }

  /** A piece of a streamed request body. */
  bodyChunk(receiver: Receiver, chunk: Uint8Array): void {
    if (receiver.slot >= 0) this.#outgoing.bodyChunk(receiver.slot, chunk);
  }

  bodyEnd(receiver: Receiver): void {
    if (receiver.slot >= 0) this.#outgoing.tell(Op.bodyEnd, receiver.slot);
  }

  /** The body's source failed: the request is cut short, so that the server cannot take it for complete. */
  bodyError(receiver: Receiver): void {
    if (receiver.slot >= 0) this.#outgoing.tell(Op.bodyError, receiver.slot);
  }

  /** The body begins again, as {@link Receiver.onRewind} asked for. */
  bodyRewind(receiver: Receiver): void {
    if (receiver.slot >= 0) this.#outgoing.tell(Op.bodyRewind, receiver.slot);
  }

  /** Leases a connection in its turn; the value is its lease number. */
  leaseAcquire(receiver: Receiver, pool: number, endpoint: number, timeout?: number): void {
    this.#outgoing.ask(Op.leaseAcquire, receiver, [pool, endpoint, timeout ?? NONE]);
  }

  /** Waits until a lease's connection is connected; the value describes it. */
  leaseReady(receiver: Receiver, pool: number, lease: number): void {
    const [low, high] = [lease % 0x1_0000_0000, Math.floor(lease / 0x1_0000_0000)];
    this.#outgoing.ask(Op.leaseReady, receiver, [pool, low, high]);
  }

  /** Opens connections ahead of need; the value is how many. */
  preconnect(receiver: Receiver, client: number, count: number, url: string): void {
    this.#outgoing.preconnect(receiver, client, count, url);
  }

  /** Opens a connection to each origin of a client; the value tells how long each took. */
  measure(receiver: Receiver, client: number, timeout: number): void {
    this.#outgoing.ask(Op.measure, receiver, [client, timeout]);
  }

  #open(receiver: Receiver): number {
    if (this.#active === 0) this.#native.hold(true);
    const slot = this.#freeSlots.pop() ?? this.#receivers.length;
    this.#receivers[slot] = receiver;
    receiver.slot = slot;
    this.#active++;
    return slot;
  }

  #dismiss(receiver: Receiver, heir: Receiver, op: number): void {
    const { slot } = receiver;
    if (slot < 0) return;
    const told = this.#receivers[slot];
    if (told instanceof Traced) told.dismissed(op === Op.abort);
    this.#receivers[slot] = heir;
    this.#release(receiver);
    this.#outgoing.tell(op, slot);
  }

  #release(receiver: Receiver): void {
    receiver.slot = -1;
    if (--this.#active === 0) this.#native.hold(false);
  }

  /** A slot's terminal record has come: it may be used again. */
  #close(slot: number): void {
    const receiver = this.#receivers[slot] as Receiver;
    this.#receivers[slot] = GONE;
    this.#likenesses[slot] = undefined;
    if (receiver.slot >= 0) this.#release(receiver);
    this.#freeSlots.push(slot);
  }

  #submit(buffer: Buffer, length: number, sides: Uint8Array[]): void {
    try {
      if (sides.length === 0) this.#native.submit(buffer, length);
      else this.#native.submit(buffer, length, sides);
    } catch (error) {
      this.#lost(error as WarmlineError);
    }
  }

  /**
   * A defect of the engine has swallowed records, and nobody knows of whom: everything that is under way on
   * this thread fails. Slots that the engine never heard of stay taken.
   */
  #lost(error: WarmlineError): void {
    const bereft = this.#receivers.filter((receiver) => receiver.slot >= 0);
    // In a turn of its own: whoever submits just now is in the middle of it.
    nextTick(() => {
      for (const receiver of bereft) {
        if (receiver.slot < 0) continue;
        this.abort(receiver);
        receiver.onError(error);
      }
    });
  }

  #onCall(): void {
    if (this.#waits) this.#called = true;
    else this.#drain();
  }

  #drain(): void {
    let json: string | null;
    try {
      json = this.#native.drain(this.#completion);
    } catch (error) {
      this.#lost(error as WarmlineError);
      return;
    }
    let values: EventValues | undefined;
    const words = this.#completionWords;
    const bytes = this.#completion;
    const end = (words[0] as number) % MORE;
    const more = end !== words[0];
    let at = 4;
    while (at < end) {
      const word = at >>> 2;
      const kind = words[word];
      const slot = words[word + 1] as number;
      const receiver = this.#receivers[slot] as Receiver;
      switch (kind) {
        case Done.whole:
        case Done.head: {
          const headLength = words[word + 4] as number;
          const from = at + 32;
          const to = from + headLength + (words[word + 5] as number);
          const text = bytes.toString('latin1', from, to);
          const status = words[word + 2] as number;
          const flags = words[word + 3] as number;
          at = to;
          if (kind === Done.head) {
            receiver.onHead(status, flags, text);
          } else {
            this.#close(slot);
            receiver.onWhole(status, flags, text, headLength, millisAt(words, word + 6));
          }
          break;
        }
        case Done.chunk: {
          const from = at + 12;
          at = from + (words[word + 2] as number);
          // Exact in size and its own: the buffer is written over by the next drain.
          receiver.onChunk(this.#completionBytes.slice(from, at));
          break;
        }
        case Done.events: {
          const count = words[word + 2] as number;
          const rawAt = at + 20 + 4 * EVENT_WORDS * count;
          at = rawAt + (words[word + 4] as number);
          const record = { words, at: word + 5, count, raw: bytes, rawAt };
          this.#likenesses[slot] ??= { pattern: undefined };
          values ??= new EventValues(json ?? '');
          receiver.onEvents(values.take(record, this.#likenesses[slot]), words[word + 3] as number);
          break;
        }
        case Done.end:
          at += 16;
          this.#close(slot);
          receiver.onEnd(millisAt(words, word + 2));
          break;
        case Done.pull:
          receiver.onPull(words[word + 2] as number);
          at += 12;
          break;
        case Done.rewind:
          receiver.onRewind();
          at += 8;
          break;
        default: {
          const from = at + 12;
          at = from + (words[word + 2] as number);
          const value: unknown = JSON.parse(bytes.toString('utf8', from, at));
          this.#close(slot);
          if (kind === Done.value) receiver.onValue(value);
          else receiver.onError(failureOf(value as ErrorFacts));
        }
      }
      at = (at + 3) & ~3;
    }
    this.#handedOver += end + (json?.length ?? 0);
    if (more || this.#handedOver >= TURN_LENGTH) this.#wait(more);
  }

  /** Lets the event loop turn before the next drain, which there is if there is `more` or the engine calls. */
  #wait(more: boolean): void {
    this.#waits = true;
    setImmediate(() => {
      this.#handedOver = 0;
      this.#waits = false;
      if (more || this.#called) {
        this.#called = false;
        this.#drain();
      }
    });
  }
}

/** A duration of two words. */
function millisAt(words: Uint32Array, at: number): number {
  return millis((words[at] as number) + (words[at + 1] as number) * 0x1_0000_0000);
}

let link: Link | undefined;

/**
 * This thread's link, made on first use.
 *
 * @throws {NativeUnavailableError} without a native binary for this platform.
 * @throws {WarmlineError} `WARMLINE_ENGINE` if the engine cannot start.
 */
export function engine(): Link {
  link ??= new Link();
  return link;
}
