import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { patch, unpatch } from 'warmline';
import { httpServer } from '../servers/http.js';

const chunk = (content: string, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }], ...more })}\n\n`;

/** Bodies as servers send them, or should not. */
const BODIES: Record<string, string | Buffer> = {
  'a usual one': `${chunk('a')}${chunk('é😀')}data: [DONE]\n\n`,
  'carriage returns': `${chunk('a')}${chunk('b')}data: [DONE]\n\n`.replaceAll('\n', '\r\n'),
  'no [DONE]': `${chunk('a')}${chunk('b')}`,
  'no blank line at the end': `${chunk('a')}data: {"last":1}`,
  'content after [DONE]': `${chunk('a')}data: [DONE]\n\n${chunk('b')}`,
  'an error in the middle': `${chunk('a')}data: {"error":{"message":"bad","code":"x"}}\n\n${chunk('b')}`,
  'an error event': `${chunk('a')}event: error\ndata: {"error":{"message":"bad"}}\n\n`,
  'an error event without an error': `event: error\ndata: {"message":"bad"}\n\n`,
  'thread events': 'event: thread.created\ndata: {"id":"t"}\n\nevent: thread.run\ndata: [1]\n\n',
  'named events': 'event: response.created\ndata: {"type":"response.created"}\n\n',
  comments: `: hi\n\n${chunk('a')}: there\n\n`,
  'data that is no object': 'data: 1\n\ndata: "text"\n\ndata: null\n\ndata: [1,2]\n\n',
  'data over two lines': 'data: {"a":\ndata: 1}\n\n',
  'text that is no JSON': `${chunk('a')}data: {"broken"\n\n${chunk('b')}`,
  'an object that is no JSON': `${chunk('a')}data: {"broken":}\n\n${chunk('b')}`,
  'two wrongs': `data: {"a":1},{"b":2}\n\ndata: [{"c"\n\ndata: :3}]\n\n`,
  'a list and its end': 'data: [1\n\ndata: 2]\n\n',
  'two values': 'data: {"a":1} {"b":2}\n\n',
  'an empty body': '',
  'empty data': 'data:\n\n',
  'a name without data': 'event: ping\n\n',
  'an empty name': `event:\n\n${chunk('a')}`,
  'byte order marks': `\u{feff}${chunk('a')}\u{feff}${chunk('b')}`,
  'bytes that are no UTF-8': Buffer.concat([
    Buffer.from('data: {"a":"'),
    Buffer.from([0xff, 0xf0, 0x9f]),
    Buffer.from('"}\n\n'),
  ]),
  'a large event': `data: {"large":"${'x'.repeat(300_000)}"}\n\n`,
  'a name of its own prototype': 'data: {"__proto__":{"a":1},"constructor":2}\n\n',
};

interface Outcome {
  readonly events: unknown[];
  readonly error: object | undefined;
}

/** What an error is, as far as a caller can tell. */
function described(error: unknown): object {
  const { name, message, ...fields } = error as Error & Record<string, unknown>;
  const headers = (fields['headers'] as Headers | undefined)?.get('content-type');
  return { class: (error as object).constructor.name, name, message, ...fields, headers };
}

async function read(client: OpenAI, path: string): Promise<Outcome> {
  const events: unknown[] = [];
  try {
    const stream = await client.post<AsyncIterable<unknown>>(path, { body: {}, stream: true });
    for await (const event of stream) events.push(event);
  } catch (error) {
    return { events, error: described(error) };
  }
  return { events, error: undefined };
}

const quiet = { error() {}, warn() {}, info() {}, debug() {} };

const clientOf = (origin: string) =>
  new OpenAI({ apiKey: 'k', baseURL: origin, maxRetries: 0, logger: quiet });

describe('a patched OpenAI client reads a stream as the unpatched one does', () => {
  it.each(Object.entries(BODIES))('%s', async (_, body) => {
    const bytes = Buffer.from(body);
    await using server = await httpServer((request, response) => {
      // The path says where the body is cut; a piece goes out once the one before it has left.
      const cut = Math.min(Number(request.url?.slice(1)), bytes.length);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(bytes.subarray(0, cut), () => {
        setImmediate(() => response.end(bytes.subarray(cut)));
      });
    });
    const plain = clientOf(server.origin);
    const patched = patch(clientOf(server.origin));
    for (const cut of [0, 1, 9, Math.floor(bytes.length / 2), bytes.length - 1, bytes.length]) {
      const path = `/${Math.max(cut, 0)}`;
      expect(await read(patched, path)).toEqual(await read(plain, path));
    }
  });

  it('to the connection that breaks', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${chunk('a')}data: {"half`, () => response.destroy());
    });
    const [mine, theirs] = [patch(clientOf(server.origin)), clientOf(server.origin)];
    const [got, expected] = [await read(mine, '/'), await read(theirs, '/')];
    expect(got.events).toEqual(expected.events);
    expect(got.error).toMatchObject({ class: 'TypeError', message: 'terminated' });
    expect(expected.error).toMatchObject({ class: 'TypeError', message: 'terminated' });
  });

  it('once only', async () => {
    await using server = await httpServer((_, response) => {
      response.end(`${chunk('a')}data: [DONE]\n\n`);
    });
    const outcomes = [patch(clientOf(server.origin)), clientOf(server.origin)].map(
      async (client) => {
        const stream = await client.post<AsyncIterable<unknown>>('/', { body: {}, stream: true });
        for await (const _ of stream);
        return described(
          await stream[Symbol.asyncIterator]()
            .next()
            .catch((error) => error),
        );
      },
    );
    expect(await outcomes[0]).toEqual(await outcomes[1]);
  });

  it('and stops the upstream on break', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('a'));
    });
    const client = patch(clientOf(server.origin));
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    for await (const _ of stream) break;
    expect(stream.controller.signal.aborted).toBe(true);
    await server.closed(0);
  });

  it('and ends without a word when its controller is aborted', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('a'));
    });
    const client = patch(clientOf(server.origin));
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    let count = 0;
    for await (const _ of stream) {
      count++;
      stream.controller.abort();
    }
    expect(count).toBe(1);
    await server.closed(0);
  });
});

describe('unpatch', () => {
  it('puts the descriptors of a client back', () => {
    const client = clientOf('http://127.0.0.1:9');
    const before = Object.getOwnPropertyDescriptors(client);
    patch(client);
    expect(Object.getOwnPropertyDescriptors(client)).not.toEqual(before);
    unpatch(client);
    expect(Object.getOwnPropertyDescriptors(client)).toEqual(before);
  });
});
