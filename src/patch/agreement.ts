/**
 * Which of our readings of a stream is a package's own.
 *
 * A version number says little of what a package does with a stream, and its source says nothing once an
 * application has been bundled and minified. So its own stream class is asked: at the first stream of that class,
 * it reads some short bodies from memory, the engine decodes the same ones, and only a dialect that comes to
 * the same events, the same errors and the same aborts is used for it. A class that agrees with none of
 * them goes on reading bytes.
 *
 * The first stream's events wait for that, so that nothing depends on who is faster. It takes about 30 ms of a
 * process that has just started, most of them for code that has never run, once for each class, and
 * never waits for the network.
 */

import { isDeepStrictEqual } from 'node:util';

import { StreamContent, WholeContent } from '../fetch/content.js';
import { EngineResponse } from '../fetch/response.js';
import { type Decoding, nativeIterator } from './native-stream.js';
import type { SdkDialect, SdkErrors, SdkStream, SdkStreamClass } from './sdk.js';

/** A body, and what breaks it off. */
type Body = readonly [text: string, failure?: Error];

/** Bodies on which the dialects differ from each other, or versions of a package did. */
const BODIES: readonly Body[] = [
  [
    '\ufeff: hi\n\nevent: a\ndata: {"n":1}\n\ndata: {"n":2}\r\n\r\n\ufeffevent: b\rdata:{"n":\rdata: 3}\r\r' +
      'event: ping\ndata: {"n":4}\n\nevent:\n\ndata: {"n":5}\n\nevent: a\nid: 1\nretry: 5\ndata: "text"\n\n' +
      'event: thread.a\ndata: {"n":6}\n\nevent: response.a\ndata: [7]\n\nevent: transcript.a\ndata: null\n\n' +
      'event: a\ndata: {"n":8}',
  ],
  ['data: {"n":1}\n\ndata: [DONE]\n\nevent: a\ndata: {"n":2}\n\n'],
  ['data: [DONE] \n\nevent: a\ndata: {"n":1}\n\n'],
  [
    'event: error\ndata: {"error":{"message":"m","type":"t","code":"c"}}\n\nevent: a\ndata: {"n":1}\n\n',
  ],
  ['event: error\ndata: {"message":"m"}\n\n'],
  ['event: a\ndata: {"error":{"message":"m"}}\n\n'],
  ['event: thread.a\ndata: {"error":{"message":"m"}}\n\n'],
  ['data: {"error":{"message":"m"}}\n\n'],
  [''],
  ['event: a\ndata: {"n":1}\n\nevent: a\ndata: {"n"', new TypeError('terminated')],
  ['event: a\ndata: {"n":1}\n\ndata: [DONE]\n\n', new TypeError('terminated')],
  ['event: a\ndata: {"n":1}\n\n', new DOMException('aborted', 'AbortError')],
];

/** Bodies that a package may complain of, where its log can be silenced. */
const BODIES_COMPLAINED_OF: readonly Body[] = [
  ['event: a\ndata: {"n"\n\nevent: a\ndata: {"n":1}\n\n'],
  ['data: {"n":}\n\n'],
  ['event: a\n\nevent: b\ndata: {"n":1}\n\n'],
  ['event: error\ndata: m\n\n'],
];

const SILENT = { logger: undefined, logLevel: 'off' };

/** What was found out of each class, or when it will be. */
const found: WeakMap<SdkStreamClass, Agreed | Promise<Agreed>> = new WeakMap();

/** The dialect in which a stream class reads, if any. */
type Agreed = SdkDialect | undefined;

/** The dialect of a stream class, at once if it is known; `errors` is the client class of its package. */
export function dialectOf(
  streams: SdkStreamClass,
  errors: SdkErrors,
  dialects: readonly SdkDialect[],
): Agreed | Promise<Agreed> {
  if (found.has(streams)) return found.get(streams);
  // A class that fails at being asked is none that is known here.
  const asked = firstAgreeing(streams, errors, dialects).catch(() => undefined);
  found.set(streams, asked);
  return asked.then((dialect) => {
    found.set(streams, dialect);
    return dialect;
  });
}

async function firstAgreeing(
  streams: SdkStreamClass,
  errors: SdkErrors,
  dialects: readonly SdkDialect[],
): Promise<Agreed> {
  for (const dialect of dialects) {
    if (!(await agree(dialect, streams, errors, BODIES))) continue;
    if (dialect.log === 'console') return dialect;
    if (await agree(dialect, streams, errors, BODIES_COMPLAINED_OF)) return dialect;
  }
  return undefined;
}

async function agree(
  dialect: SdkDialect,
  streams: SdkStreamClass,
  errors: SdkErrors,
  bodies: readonly Body[],
): Promise<boolean> {
  for (const body of bodies) {
    const [theirs, ours] = [opened(body, streams, errors), opened(body, streams, errors)];
    ours.stream.iterator = nativeIterator(ours, dialect);
    if (!isDeepStrictEqual(await outcome(ours.stream), await outcome(theirs.stream))) return false;
  }
  return true;
}

function opened(body: Body, streams: SdkStreamClass, errors: SdkErrors): Decoding {
  const response = inMemory(body);
  const stream = streams.fromSSEResponse(response, new AbortController(), SILENT);
  return { stream, response, options: {}, errors, logger: undefined, complete: false };
}

/** A response of the engine that no server has sent. */
function inMemory([text, failure]: Body): Decoding['response'] {
  const bytes = Buffer.from(text);
  const content =
    failure === undefined
      ? new WholeContent(bytes.toString('latin1'), false)
      : new StreamContent(broken(new Uint8Array(bytes), failure));
  const head = 'OK\n\n\nrequest-id\n1\n';
  const parts = { status: 200, flags: 0, head, requestUrl: 'http://localhost/', content, total: 0 };
  return new EngineResponse(parts) as unknown as Decoding['response'];
}

function broken(
  bytes: Uint8Array<ArrayBuffer>,
  failure: Error,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = [bytes];
  return new ReadableStream(
    {
      pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) controller.error(failure);
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}

/** All that a caller can see of reading a stream to its end, twice. */
async function outcome(stream: SdkStream): Promise<object> {
  const first = await read(stream);
  const { aborted } = stream.controller.signal;
  return { first, aborted, second: await read(stream) };
}

async function read(stream: SdkStream): Promise<object> {
  const events: unknown[] = [];
  const iterator = stream.iterator();
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      events.push(next.value);
    }
  } catch (error) {
    return { events, error };
  }
  return { events };
}
