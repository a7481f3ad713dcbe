/**
 * This thread's link to the engine: requests go out in one call at the end of the turn, and whatever
 * has happened comes back in one call per burst. Nothing here waits for a batch to fill.
 */

import { failureOf } from './circuit-open.js';
import type { ErrorFacts, WarmlineError } from './error.js';
import { EventValues, type Likeness } from './events.js';
import { millis } from './facts.js';
import { binding } from './load.js';
import type { Receiver, Submission } from './submission.js';
import { isTraced, Traced, trace } from './trace.js';
import { Done, EVENT_WORDS, MORE, NONE, Op, RequestFlag } from './wire.js';

export { type Receiver, StreamedBody, type Submission, type TimeoutWords } from './submission.js';

/** The submission buffer's first size; a larger record makes it grow. */
const SUBMISSION_BYTES = 256 * 1024;
/** A body of more than this many bytes crosses beside the buffer, copied once instead of twice. */
const INLINE_BODY_BYTES = 32 * 1024;
/** Words of a request record before its time-outs. */
const REQUEST_WORDS = 11;
const TIMEOUT_WORDS = 5;
const AFFINITY_WORDS = 1;
const REFERRER_WORDS = 1;

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

class Link {
  readonly #native;
  readonly #completion: Buffer;
  readonly #completionBytes: Uint8Array<ArrayBuffer>;
  readonly #completionWords: Uint32Array;
  #submission: Buffer = Buffer.alloc(0);
  #words: Uint32Array = new Uint32Array(0);
  /** The end of what has been written into the submission buffer; always on a word. */
  #at = 0;
  #sides: Uint8Array[] = [];
  #flushScheduled = false;
  readonly #flush = (): void => this.#flushNow();
  readonly #receivers: Receiver[] = [];
  readonly #freeSlots: number[] = [];
  /** By slot, once its body is read as events. */
  readonly #likenesses: (Likeness | undefined)[] = [];
  /** Receivers that still want to hear something; the process stays alive for them. */
  #active = 0;

  constructor() {
    const { Link: NativeLink, completionBufferSize } = binding();
    this.#native = new NativeLink(() => this.#drain());
    this.#completion = Buffer.allocUnsafeSlow(completionBufferSize());
    this.#completionBytes = new Uint8Array(this.#completion.buffer as ArrayBuffer);
    this.#completionWords = wordsOf(this.#completion);
    this.#grow(SUBMISSION_BYTES);
  }

  /** Sends a request. `receiver` hears what becomes of it. */
  request(receiver: Receiver, request: Submission): void {
    if (isTraced()) this.#request(...trace(receiver, request));
    else this.#request(receiver, request);
  }

  #request(receiver: Receiver, request: Submission): void {
    const { url, method, headers, body, timeouts, affinity, referrer } = request;
    let text = url + method;
    for (let i = 0; i < headers.length; i++) text += headers[i];
    text += affinity + referrer;
    const inlineUnits =
      typeof body === 'string' && body.length <= INLINE_BODY_BYTES ? body.length : 0;
    const inlineBytes =
      body instanceof Uint8Array && body.length <= INLINE_BODY_BYTES ? body.length : 0;
    // A UTF-16 unit is three bytes of UTF-8 at the most.
    this.#reserve(
      (REQUEST_WORDS + TIMEOUT_WORDS + AFFINITY_WORDS + REFERRER_WORDS + headers.length) * 4 +
        3 * (text.length + inlineUnits) +
        inlineBytes +
        8,
    );
    const words = this.#words;
    const start = this.#at >>> 2;
    let at = start;
    let flags = request.flags;
    words[at++] = Op.request;
    words[at++] = this.#open(receiver);
    at++;
    words[at++] = request.client;
    words[at++] = request.lease % 0x1_0000_0000;
    words[at++] = Math.floor(request.lease / 0x1_0000_0000);
    words[at++] = url.length;
    words[at++] = method.length;
    words[at++] = headers.length / 2;
    at += 2;
    if (timeouts !== undefined) {
      flags |= RequestFlag.timeouts;
      words[at++] = timeouts.pool ?? NONE;
      words[at++] = timeouts.connect ?? NONE;
      words[at++] = timeouts.firstByte ?? NONE;
      words[at++] = timeouts.idle ?? NONE;
      words[at++] = timeouts.total ?? NONE;
    }
    if (affinity !== '') {
      flags |= RequestFlag.affinity;
      words[at++] = affinity.length;
    }
    if (referrer !== '') {
      flags |= RequestFlag.referrer;
      words[at++] = referrer.length;
    }
    for (let i = 0; i < headers.length; i++) words[at++] = (headers[i] as string).length;
    let offset = at << 2;
    const textBytes = this.#submission.write(text, offset, 'utf8');
    offset += textBytes;
    let bodyBytes = 0;
    let borrowed = false;
    if (typeof body === 'string') {
      if (inlineUnits === body.length) {
        flags |= RequestFlag.bodyInline;
        bodyBytes = this.#submission.write(body, offset, 'utf8');
        offset += bodyBytes;
      } else {
        flags |= RequestFlag.bodySide;
        this.#sides.push(Buffer.from(body));
      }
    } else if (body instanceof Uint8Array) {
      if (inlineBytes === body.length) {
        flags |= RequestFlag.bodyInline;
        this.#submission.set(body, offset);
        bodyBytes = body.length;
        offset += bodyBytes;
      } else {
        flags |= RequestFlag.bodySide;
        this.#sides.push(body);
        borrowed = true;
      }
    } else if (body !== null) {
      flags |= RequestFlag.bodyStream | (body.rewindable ? RequestFlag.rewindable : 0);
      bodyBytes = body.length === undefined || body.length >= NONE ? NONE : body.length;
    }
    words[start + 2] = flags;
    words[start + 9] = textBytes;
    words[start + 10] = bodyBytes;
    this.#commit(offset);
    // The caller may change its buffer as soon as this returns.
    if (borrowed) this.#submitNow();
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
    if (receiver.slot >= 0) this.#record3(Op.credit, receiver.slot, bytes);
  }

  /**
   * Wants the rest of a response's body as events. `received` bytes of it have come so far, and of
   * those `unread` is what nobody has read. The engine begins once it finds that no more was on the way:
   * whatever chunk still comes is to be asked with once more.
   */
  decode(receiver: Receiver, wish: number, received: number, unread: Uint8Array): void {
    if (receiver.slot >= 0) this.#handBack([Op.decode, receiver.slot, wish], received, unread);
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
    this.#handBack([Op.relay, slot, socket, wish ?? NONE, heartbeat ?? NONE], received, unread);
  }

  /** Ends a relay before its body does: at once, or after the chunk that is being written. */
  halt(receiver: Receiver, now: boolean): void {
    if (receiver.slot >= 0) this.#record3(Op.halt, receiver.slot, now ? 1 : 0);
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
    const { slot } = receiver;
    if (slot < 0) return;
    if (chunk.length > INLINE_BODY_BYTES) {
      this.#record3(Op.bodyChunk, slot, NONE);
      this.#sides.push(chunk);
      this.#submitNow();
      return;
    }
    this.#reserve(16 + chunk.length);
    const at = this.#at >>> 2;
    this.#words[at] = Op.bodyChunk;
    this.#words[at + 1] = slot;
    this.#words[at + 2] = chunk.length;
    this.#submission.set(chunk, this.#at + 12);
    this.#commit(this.#at + 12 + chunk.length);
  }

  bodyEnd(receiver: Receiver): void {
    if (receiver.slot >= 0) this.#record2(Op.bodyEnd, receiver.slot);
  }

  /** The body's source failed: the request is cut short, so that the server cannot take it for complete. */
  bodyError(receiver: Receiver): void {
    if (receiver.slot >= 0) this.#record2(Op.bodyError, receiver.slot);
  }

  /** The body begins again, as {@link Receiver.onRewind} asked for. */
  bodyRewind(receiver: Receiver): void {
    if (receiver.slot >= 0) this.#record2(Op.bodyRewind, receiver.slot);
  }

  /** Leases a connection in its turn; the value is its lease number. */
  leaseAcquire(receiver: Receiver, pool: number, endpoint: number, timeout?: number): void {
    this.#reserve(20);
    const at = this.#at >>> 2;
    this.#words[at] = Op.leaseAcquire;
    this.#words[at + 1] = this.#open(receiver);
    this.#words[at + 2] = pool;
    this.#words[at + 3] = endpoint;
    this.#words[at + 4] = timeout ?? NONE;
    this.#commit(this.#at + 20);
  }

  /** Waits until a lease's connection is connected; the value describes it. */
  leaseReady(receiver: Receiver, pool: number, lease: number): void {
    this.#reserve(20);
    const at = this.#at >>> 2;
    this.#words[at] = Op.leaseReady;
    this.#words[at + 1] = this.#open(receiver);
    this.#words[at + 2] = pool;
    this.#words[at + 3] = lease % 0x1_0000_0000;
    this.#words[at + 4] = Math.floor(lease / 0x1_0000_0000);
    this.#commit(this.#at + 20);
  }

  /** Opens connections ahead of need; the value is how many. */
  preconnect(receiver: Receiver, client: number, count: number, url: string): void {
    this.#reserve(20 + 3 * url.length);
    const at = this.#at >>> 2;
    this.#words[at] = Op.preconnect;
    this.#words[at + 1] = this.#open(receiver);
    this.#words[at + 2] = client;
    this.#words[at + 3] = count;
    const written = this.#submission.write(url, this.#at + 20, 'utf8');
    this.#words[at + 4] = written;
    this.#commit(this.#at + 20 + written);
  }

  /** Opens a connection to each origin of a client; the value tells how long each took. */
  measure(receiver: Receiver, client: number, timeout: number): void {
    this.#reserve(16);
    const at = this.#at >>> 2;
    this.#words[at] = Op.measure;
    this.#words[at + 1] = this.#open(receiver);
    this.#words[at + 2] = client;
    this.#words[at + 3] = timeout;
    this.#commit(this.#at + 16);
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
    this.#record2(op, slot);
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

  /** What is known of a response's body goes back to the engine, after these words. */
  #handBack(first: readonly number[], received: number, unread: Uint8Array): void {
    const inline = unread.length <= INLINE_BODY_BYTES ? unread.length : 0;
    const bytesAt = 4 * (first.length + 3);
    this.#reserve(bytesAt + inline);
    this.#words.set(first, this.#at >>> 2);
    const at = (this.#at >>> 2) + first.length;
    this.#words[at] = received % 0x1_0000_0000;
    this.#words[at + 1] = Math.floor(received / 0x1_0000_0000);
    this.#words[at + 2] = inline === unread.length ? inline : NONE;
    if (inline === unread.length) this.#submission.set(unread, this.#at + bytesAt);
    else this.#sides.push(unread);
    this.#commit(this.#at + bytesAt + inline);
  }

  #record2(op: number, slot: number): void {
    this.#reserve(8);
    const at = this.#at >>> 2;
    this.#words[at] = op;
    this.#words[at + 1] = slot;
    this.#commit(this.#at + 8);
  }

  #record3(op: number, slot: number, value: number): void {
    this.#reserve(12);
    const at = this.#at >>> 2;
    this.#words[at] = op;
    this.#words[at + 1] = slot;
    this.#words[at + 2] = value;
    this.#commit(this.#at + 12);
  }

  /** Makes room: hands over what is there first, and grows only for a record larger than the buffer. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#submission.length) return;
    this.#submitNow();
    if (bytes > this.#submission.length) this.#grow(2 * bytes);
  }

  #commit(end: number): void {
    this.#at = (end + 3) & ~3;
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(this.#flush);
  }

  #flushNow(): void {
    this.#flushScheduled = false;
    this.#submitNow();
  }

  #submitNow(): void {
    if (this.#at === 0) return;
    const length = this.#at;
    this.#at = 0;
    try {
      if (this.#sides.length === 0) {
        this.#native.submit(this.#submission, length);
      } else {
        const sides = this.#sides;
        this.#sides = [];
        this.#native.submit(this.#submission, length, sides);
      }
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
    process.nextTick(() => {
      for (const receiver of bereft) {
        if (receiver.slot < 0) continue;
        this.abort(receiver);
        receiver.onError(error);
      }
    });
  }

  #grow(bytes: number): void {
    this.#submission = Buffer.allocUnsafeSlow((bytes + 3) & ~3);
    this.#words = wordsOf(this.#submission);
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
    // More than one drain may hand over: let the event loop turn first.
    if (more) setImmediate(() => this.#drain());
  }
}

/** A duration of two words. */
function millisAt(words: Uint32Array, at: number): number {
  return millis((words[at] as number) + (words[at + 1] as number) * 0x1_0000_0000);
}

function wordsOf(buffer: Buffer): Uint32Array {
  return new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >>> 2);
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
