import OpenAI from 'openai';
import { Stream } from 'openai/streaming';
import { describe, expect, it } from 'vitest';
import { getPatchStatus, HttpClient, patch, unpatch } from 'warmline';
import { httpServer } from '../servers/http.js';
import { logger, read, twins } from './differential.js';
import { BODIES, chunk } from './openai-bodies.js';
import { describeStreamsAlike } from './streams-alike.js';

const clientOf = (origin: string, options: object = {}) =>
  new OpenAI({ apiKey: 'k', baseURL: origin, maxRetries: 0, logLevel: 'off', ...options });

const open = (client: OpenAI, path: string, options: object = {}) =>
  client.post<AsyncIterable<unknown>>(path, { body: {}, stream: true, ...options });

describeStreamsAlike({
  name: 'OpenAI',
  clientOf,
  open: (client, path, helper) =>
    open(client, path, helper ? { __metadata: { helperMethod: 'stream' } } : {}),
  bodies: BODIES,
  event: chunk('a'),
  half: 'data: {"half',
  whole: `${chunk('a')}data: [DONE]\n\n`,
});

describe('a stream of a patched OpenAI client', () => {
  it('logs nothing where it is told not to', async () => {
    await using server = await httpServer((_, response) => {
      response.end('data: {"broken"\n\n');
    });
    for (const logLevel of ['off', 'error']) {
      const { lines, options } = logger();
      await read(() => open(patch(clientOf(server.origin, { ...options, logLevel })), '/'));
      expect(lines).toHaveLength(logLevel === 'off' ? 0 : 2);
    }
  });

  it('stops the upstream on break', async () => {
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

  it.each([
    ['for no reason', undefined],
    ['for one', new RangeError('enough')],
  ])('ends without a word when its controller is aborted %s', async (_, reason) => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('a'));
    });
    for (const client of twins(() => clientOf(server.origin))) {
      const stream = await client.chat.completions.create({
        model: 'm',
        messages: [],
        stream: true,
      });
      let count = 0;
      for await (const _ of stream) {
        count++;
        stream.controller.abort(reason);
      }
      expect(count).toBe(1);
    }
    await Promise.all([server.closed(0), server.closed(1)]);
  });
});

describe('after [DONE], before the end of the body', () => {
  /** A server that says `[DONE]`, and what follows it when it is told to. */
  async function begun() {
    const ends: (() => void)[] = [];
    const server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${chunk('a')}data: [DONE]\n\n`);
      ends.push(() => response.end('\n'));
    });
    const http = new HttpClient();
    const client = patch(clientOf(server.origin), { client: http });
    return { server, http, client, end: () => ends.pop()?.() };
  }

  it('a stream gives its connection back, twenty times in a row', async () => {
    const { server, http, client, end } = await begun();
    await using _ = server;
    await using __ = http;
    await using elsewhere = await httpServer((_, response) => response.end());
    for (let i = 1; i <= 20; i++) {
      expect(await read(() => open(client, '/'))).toMatchObject({ events: [{ id: 'c' }] });
      // After a round trip elsewhere the engine has heard that nobody reads on.
      await fetch(elsewhere.origin);
      expect(http.getPoolMetrics().connectionsIdle).toBe(0);
      end();
      while (http.getPoolMetrics().connectionsIdle === 0) await new Promise(setImmediate);
      expect(server.requestCount).toBe(i);
    }
    expect(server.accepted).toHaveLength(1);
  });

  it('a body that never ends costs the connection', async () => {
    const { server, http, client } = await begun();
    await using _ = server;
    await using __ = http;
    await read(() => open(client, '/'));
    await server.closed(0);
  });

  it('a body that goes on at length costs the connection', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${chunk('a')}data: [DONE]\n\n`);
      const more = Buffer.alloc(16 * 1024, '\n');
      const write = () => {
        if (!response.destroyed) response.write(more, write);
      };
      setImmediate(write);
    });
    const client = patch(clientOf(server.origin));
    expect(await read(() => open(client, '/'))).toMatchObject({ events: [{ id: 'c' }] });
    await server.closed(0);
  });
});

describe('the streams that are read natively', () => {
  const QUESTION = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };

  const ASKED: Record<string, (client: OpenAI) => PromiseLike<AsyncIterable<unknown>>> = {
    'chat.completions.create()': (client) =>
      client.chat.completions.create({ ...QUESTION, stream: true }),
    'chat.completions.stream()': async (client) => client.chat.completions.stream(QUESTION),
    'completions.create()': (client) =>
      client.completions.create({ model: 'm', prompt: 'hi', stream: true }),
    'responses.create()': (client) =>
      client.responses.create({ model: 'm', input: 'hi', stream: true }),
    'responses.stream()': async (client) => client.responses.stream({ model: 'm', input: 'hi' }),
    'withResponse()': async (client) => {
      const promise = client.chat.completions.create({ ...QUESTION, stream: true });
      return (await promise.withResponse()).data;
    },
  };

  it.each(Object.entries(ASKED))('are those of %s', async (_, ask) => {
    await using server = await httpServer((_, response) => response.end(chunk('a')));
    const client = patch(clientOf(server.origin));
    await read(() => ask(client));
    expect(server.requestCount).toBe(1);
    expect(getPatchStatus().patched.at(-1)).toMatchObject({ streams: 'native' });
  });

  it('are those of the clients of a patched class', async () => {
    await using server = await httpServer((_, response) => response.end(chunk('a')));
    class Mine extends OpenAI {}
    patch(Mine);
    const client = new Mine({ apiKey: 'k', baseURL: server.origin });
    await read(() => client.chat.completions.create({ ...QUESTION, stream: true }));
    expect(getPatchStatus().patched.at(-1)).toMatchObject({ kind: 'class', streams: 'native' });
    unpatch(Mine);
  });
});

describe('a stream that the package reads in a way of its own', () => {
  it('goes on being read that way, as the status says', async () => {
    await using server = await httpServer((_, response) => {
      response.end(chunk('a') + chunk('b'));
    });
    const client = patch(clientOf(server.origin));
    expect(getPatchStatus().patched.at(-1)).toMatchObject({ streams: 'untried' });
    const usual = await open(client, '/');
    expect((await read(async () => usual)).events).toHaveLength(2);
    expect(getPatchStatus().patched.at(-1)).toMatchObject({ streams: 'native' });
    /** Yields how many events there were. */
    class Counting<T> extends Stream<T> {
      static override fromSSEResponse<T>(response: Response, controller: AbortController) {
        const stream = Stream.fromSSEResponse<unknown>(response, controller);
        async function* counted() {
          let count = 0;
          for await (const _ of stream) count++;
          yield count as T;
        }
        return new Counting(counted, controller);
      }
    }
    const options = { body: {}, stream: true, __streamClass: Counting };
    const counting = () => client.post<AsyncIterable<unknown>>('/', options);
    expect(await read(counting)).toEqual({ events: [2], error: undefined });
    expect(getPatchStatus().patched.at(-1)).toMatchObject({ streams: 'transport' });
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
