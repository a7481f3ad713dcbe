import { STREAMED_MESSAGES } from './bodies/anthropic.js';
import { CHATS } from './bodies/openai-chat.js';
import {
  type Body,
  bytesOf,
  CHUNKED,
  chunk,
  headOf,
  LAST_CHUNK,
  lengthOf,
  type Script,
  type Step,
} from './script.js';

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Drawn from a seed. */
class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  /** A whole number below `bound`. */
  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

const NAMES = ['', 'error', 'ping', 'thread.run', 'response.created', 'content_block_delta', 'a'];

const DATA = [
  '{"choices":[{"index":0,"delta":{"content":"é😀"}}]}',
  '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"世"}}',
  '{"error":{"message":"m","type":"t"}}',
  '{"a":"\\u2028\\ud83d\\ude00"}',
  '"\u2028"',
  '[DONE]',
  '[DONE] ',
  '[1,2]',
  '{"a":1},{"b":2}',
  '{"broken"',
  'null',
  '0',
  '',
  ' ',
  '\ufeff{}',
  '{"a":"\ufffd"}',
];

const FIELDS = [
  'id: 1',
  'retry: 5',
  'data',
  'event',
  ': comment',
  'unknown: x',
  ' data: 1',
  'data:x',
];

const ENDINGS = ['\n', '\n', '\n', '\r\n', '\r'];

/**
 * What lines end in where a stream is cut. Of an event that ends otherwise, the SDKs learn only when more has come:
 * they give it late, and not at all if nothing comes.
 */
const PLAIN_ENDINGS = [['\n'], ['\r\n']];

/** An event, or what might be taken for one. */
function event(draw: Draw, endings: readonly string[]): string {
  const ending = () => draw.one(endings);
  const lines: string[] = [];
  if (draw.once(2)) lines.push(`event: ${draw.one(NAMES)}`);
  if (draw.once(4)) lines.push(draw.one(FIELDS));
  if (!draw.once(8)) lines.push(`data: ${draw.one(DATA)}`);
  if (draw.once(8)) lines.push(`data: ${draw.one(DATA)}`);
  return lines.map((line) => line + ending()).join('') + (draw.once(12) ? '' : ending());
}

const REAL = [...Object.values(CHATS), ...Object.values(STREAMED_MESSAGES)]
  .map(bytesOf)
  .filter(({ length }) => length < 5000);

const PLAIN = REAL.filter((bytes) => !bytes.includes('\r'));

/** Events, made up or a provider's. */
function events(draw: Draw, endings: readonly string[], real: readonly Buffer[]): Buffer {
  return Buffer.concat([
    draw.once(3) ? draw.one(real) : Buffer.alloc(0),
    ...draw.some(8, () => Buffer.from(event(draw, endings))),
  ]);
}

/** Events with any ends of lines, and sometimes with bytes that are wrong. */
function anything(draw: Draw): Buffer {
  const bytes = events(draw, ENDINGS, REAL);
  for (const at of draw.once(6) ? draw.some(3, () => draw.below(bytes.length)) : []) {
    bytes[at] = draw.below(256);
  }
  return bytes;
}

/** `bytes` cut in up to `most` places, wherever that is. */
function cut(draw: Draw, bytes: Buffer, most: number): Buffer[] {
  const places = draw.some(most, () => draw.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((place, i) => bytes.subarray(place, places[i] ?? bytes.length));
}

/** A script that a seed decides: an event stream in some framing, sent in pieces, and maybe cut off. */
export function generated(seed: number): Script {
  const draw = new Draw(seed);
  const isCut = draw.once(5);
  const content = isCut ? events(draw, draw.one(PLAIN_ENDINGS), PLAIN) : anything(draw);
  const body: Body = { type: 'text/event-stream', pieces: [] };
  const [head, framed] = draw.one([
    () =>
      [
        headOf(body, CHUNKED),
        Buffer.concat([
          ...cut(draw, content, 6)
            .filter(({ length }) => length > 0)
            .map(chunk),
          Buffer.from(LAST_CHUNK),
        ]),
      ] as const,
    () => [headOf(body, lengthOf(content)), content] as const,
    () => [headOf(body, ['Connection', 'close']), content] as const,
  ])();
  const sent = isCut ? framed.subarray(0, draw.below(framed.length)) : framed;
  const steps: Step[] = cut(draw, sent, 6).map((part) => ({ bytes: part }));
  const closes = isCut || head.headers.some(([name]) => name === 'Connection');
  return [[{ head }, ...steps, ...(closes ? [{ cut: 'fin' as const }] : [])]];
}
