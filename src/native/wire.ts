/**
 * The records that cross between JavaScript and the engine; `crates/warmline-node/src/wire.rs` is the
 * other half and says what each of them holds. Everything is little-endian 32-bit words.
 */

/** Submission records. */
export const Op = {
  request: 1,
  abort: 2,
  credit: 3,
  bodyChunk: 4,
  bodyEnd: 5,
  bodyError: 6,
  leaseAcquire: 7,
  leaseReady: 8,
  preconnect: 9,
  decode: 10,
  forgo: 11,
  relay: 12,
  halt: 13,
  bodyRewind: 14,
  measure: 15,
} as const;

/** Completion records. */
export const Done = {
  whole: 1,
  head: 2,
  chunk: 3,
  end: 4,
  error: 5,
  pull: 6,
  value: 7,
  events: 8,
  rewind: 9,
} as const;

/** No time-out, no announced length, no inline bytes. */
export const NONE = 0xffff_ffff;

/** Flags of a request: the body's place in bits 0 and 1, the redirect mode in bits 2 and 3, its coding in 6 and 7. */
export const RequestFlag = {
  bodyNone: 0,
  bodyInline: 1,
  bodySide: 2,
  bodyStream: 3,
  redirectFollow: 0,
  redirectError: 1 << 2,
  redirectManual: 2 << 2,
  timeouts: 1 << 4,
  whole: 1 << 5,
  compressGzip: 1 << 6,
  compressZstd: 2 << 6,
  encoded: 1 << 8,
  affinity: 1 << 9,
  retry: 1 << 10,
  batch: 1 << 13,
  hedgeIdempotent: 1 << 11,
  hedgeAlways: 2 << 11,
  rewindable: 1 << 14,
  referrer: 1 << 15,
} as const;

/** Flags of a response. */
export const ResponseFlag = {
  ascii: 1,
  redirected: 2,
  crossedOrigins: 4,
  decoded: 8,
} as const;

/** What is wanted of a body that is decoded. */
export const Wish = {
  events: 1,
  openai: 2,
  openai6: 3,
  openai4: 4,
  anthropic: 5,
  textOfEvents: 16,
  textOfLines: 17,
  textOfAwsFrames: 18,
  usageOfObject: 19,
} as const;

/** Words of an event: which values stand for it, and their length. */
export const EVENT_WORDS = 2;

/** The first word of an event, and from {@link EventFlag.lengthShift} on the length of its raw data. */
export const EventFlag = {
  named: 1,
  identified: 2,
  retry: 4,
  /** What the data is; 0 for an object. */
  data: 7 << 3,
  text: 1 << 3,
  raw: 2 << 3,
  like: 3 << 3,
  pattern: 4 << 3,
  lengthShift: 6,
} as const;

/** The first word of a drained buffer: where it ends, and whether more is waiting. */
export const MORE = 0x8000_0000;

/** A buffer's content as the words that records are made of. */
export const wordsOf = (buffer: Buffer): Uint32Array =>
  new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >>> 2);
