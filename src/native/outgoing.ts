/**
 * What this thread has to say to the engine: records in one buffer, handed over in one call at the end of the
 * turn. Each begins with its operation and the slot that it is about; `wire.rs` reads them.
 */

import { nextTick } from 'node:process';

import type { Receiver, Submission } from './submission.js';
import { NONE, Op, RequestFlag, wordsOf } from './wire.js';

/** The buffer's first size; a larger record makes it grow. */
const FIRST_BYTES = 256 * 1024;
/** A body of more than this many bytes crosses beside the buffer, copied once instead of twice. */
const INLINE_BODY_BYTES = 32 * 1024;
/** Words of a request record before its time-outs. */
const REQUEST_WORDS = 11;
const TIMEOUT_WORDS = 5;
const AFFINITY_WORDS = 1;
const REFERRER_WORDS = 1;

/** Hands over the first `length` bytes of a buffer, and what crosses beside it. */
type Submit = (buffer: Buffer, length: number, sides: Uint8Array[]) => void;

export class Outgoing {
  readonly #submit: Submit;
  readonly #open: (receiver: Receiver) => number;
  #buffer: Buffer = Buffer.alloc(0);
  #words: Uint32Array = new Uint32Array(0);
  /** The end of what has been written into the buffer; always on a word. */
  #at = 0;
  #sides: Uint8Array[] = [];
  #flushScheduled = false;
  readonly #flush = (): void => this.#flushNow();

  /** @param open gives a receiver a slot, once there is room for its record */
  constructor(submit: Submit, open: (receiver: Receiver) => number) {
    this.#submit = submit;
    this.#open = open;
    this.#grow(FIRST_BYTES);
  }

  /** A request; its receiver hears what becomes of it. */
  request(receiver: Receiver, request: Submission): void {
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
    const textBytes = this.#buffer.write(text, offset, 'utf8');
    offset += textBytes;
    let bodyBytes = 0;
    let borrowed = false;
    if (typeof body === 'string') {
      if (inlineUnits === body.length) {
        flags |= RequestFlag.bodyInline;
        bodyBytes = this.#buffer.write(body, offset, 'utf8');
        offset += bodyBytes;
      } else {
        flags |= RequestFlag.bodySide;
        this.#sides.push(Buffer.from(body));
      }
    } else if (body instanceof Uint8Array) {
      if (inlineBytes === body.length) {
        flags |= RequestFlag.bodyInline;
        this.#buffer.set(body, offset);
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

  /** Something that is no request, in words after its receiver's slot. */
  ask(op: number, receiver: Receiver, words: readonly number[]): void {
    const bytes = 8 + 4 * words.length;
    this.#reserve(bytes);
    const at = this.#at >>> 2;
    this.#words[at] = op;
    this.#words[at + 1] = this.#open(receiver);
    this.#words.set(words, at + 2);
    this.#commit(this.#at + bytes);
  }

  preconnect(receiver: Receiver, client: number, count: number, url: string): void {
    this.#reserve(20 + 3 * url.length);
    const at = this.#at >>> 2;
    this.#words[at] = Op.preconnect;
    this.#words[at + 1] = this.#open(receiver);
    this.#words[at + 2] = client;
    this.#words[at + 3] = count;
    const written = this.#buffer.write(url, this.#at + 20, 'utf8');
    this.#words[at + 4] = written;
    this.#commit(this.#at + 20 + written);
  }

  /** A word to a slot. */
  tell(op: number, slot: number): void {
    this.#reserve(8);
    const at = this.#at >>> 2;
    this.#words[at] = op;
    this.#words[at + 1] = slot;
    this.#commit(this.#at + 8);
  }

  /** A word to a slot, with a number. */
  tellNumber(op: number, slot: number, value: number): void {
    this.#reserve(12);
    const at = this.#at >>> 2;
    this.#words[at] = op;
    this.#words[at + 1] = slot;
    this.#words[at + 2] = value;
    this.#commit(this.#at + 12);
  }

  /** A piece of a streamed request body. */
  bodyChunk(slot: number, chunk: Uint8Array): void {
    if (chunk.length > INLINE_BODY_BYTES) {
      this.tellNumber(Op.bodyChunk, slot, NONE);
      this.#sides.push(chunk);
      this.#submitNow();
      return;
    }
    this.#reserve(16 + chunk.length);
    const at = this.#at >>> 2;
    this.#words[at] = Op.bodyChunk;
    this.#words[at + 1] = slot;
    this.#words[at + 2] = chunk.length;
    this.#buffer.set(chunk, this.#at + 12);
    this.#commit(this.#at + 12 + chunk.length);
  }

  /** What is known of a response's body goes back to the engine, after these words. */
  handBack(first: readonly number[], received: number, unread: Uint8Array): void {
    const inline = unread.length <= INLINE_BODY_BYTES ? unread.length : 0;
    const bytesAt = 4 * (first.length + 3);
    this.#reserve(bytesAt + inline);
    this.#words.set(first, this.#at >>> 2);
    const at = (this.#at >>> 2) + first.length;
    this.#words[at] = received % 0x1_0000_0000;
    this.#words[at + 1] = Math.floor(received / 0x1_0000_0000);
    this.#words[at + 2] = inline === unread.length ? inline : NONE;
    if (inline === unread.length) this.#buffer.set(unread, this.#at + bytesAt);
    else this.#sides.push(unread);
    this.#commit(this.#at + bytesAt + inline);
  }

  /** Makes room: hands over what is there first, and grows only for a record larger than the buffer. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    this.#submitNow();
    if (bytes > this.#buffer.length) this.#grow(2 * bytes);
  }

  #commit(end: number): void {
    this.#at = (end + 3) & ~3;
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    nextTick(this.#flush);
  }

  #flushNow(): void {
    this.#flushScheduled = false;
    this.#submitNow();
  }

  #submitNow(): void {
    if (this.#at === 0) return;
    const length = this.#at;
    const sides = this.#sides;
    this.#at = 0;
    if (sides.length > 0) this.#sides = [];
    this.#submit(this.#buffer, length, sides);
  }

  #grow(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow((bytes + 3) & ~3);
    this.#words = wordsOf(this.#buffer);
  }
}
