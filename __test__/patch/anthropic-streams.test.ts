import { getEventListeners } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { patch } from 'warmline';
import { type HttpServer, httpServer } from '../servers/http.js';
import {
  BODIES,
  event,
  MESSAGES,
  message,
  overloaded,
  text,
  thinking,
  toolUse,
} from './anthropic-bodies.js';
import { type Body, described, logger, read, twins } from './differential.js';
import { describeStreamsAlike } from './streams-alike.js';

const clientOf = (origin: string, options: object = {}) =>
  new Anthropic({ apiKey: 'k', baseURL: origin, maxRetries: 0, logLevel: 'off', ...options });

const QUESTION = {
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'hi' }],
};

const open = (client: Anthropic, path: string, options: object = {}) =>
  client.post<AsyncIterable<unknown>>(path, { body: {}, stream: true, ...options });

/** Serves one body to every request, whatever its path. */
const served = (body: Body, status = 200, type = 'text/event-stream'): Promise<HttpServer> =>
  httpServer((_, response) => {
    response.writeHead(status, { 'content-type': type, 'request-id': 'req_1' }).end(body);
  });

/** Begins a stream with this, and never ends it. */
const stalled = (body: Body): Promise<HttpServer> =>
  httpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(body);
  });

describeStreamsAlike({
  name: 'Anthropic',
  clientOf,
  open: (client, path, helper) =>
    open(client, path, helper ? { headers: { 'X-Stainless-Helper-Method': 'stream' } } : {}),
  bodies: BODIES,
  event: event('a'),
  half: 'event: b\ndata: {"half',
  whole: message(text),
});

describe('a patched Anthropic client reads a response as the unpatched one does', () => {
  it.each([
    [400, '{"type":"error","error":{"type":"invalid_request_error","message":"no"}}'],
    [401, '{"type":"error","error":{"type":"authentication_error","message":"who"}}'],
    [429, '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}'],
    [500, 'not JSON'],
    [503, ''],
    [529, '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'],
  ])('that was refused with %i', async (status, body) => {
    await using server = await served(body, status, 'application/json');
    const [plain, patched] = twins(() => clientOf(server.origin));
    const [expected, got] = await Promise.all(
      [plain, patched].map((client) =>
        read(() => client.messages.create({ ...QUESTION, stream: true })),
      ),
    );
    expect(got).toEqual(expected);
    expect(got?.error).toMatchObject({ status });
  });

  it('that began only at the second attempt', async () => {
    await using server = await httpServer((request, response) => {
      const again = request.headers['x-stainless-retry-count'] !== '0';
      response.writeHead(again ? 200 : 529, { 'retry-after-ms': '1' });
      response.end(again ? message(text) : '{}');
    });
    const [plain, patched] = twins(() => clientOf(server.origin, { maxRetries: 1 }));
    const expected = await read(() => open(plain, '/'));
    expect(await read(() => open(patched, '/'))).toEqual(expected);
    expect(expected.events).toHaveLength(7);
    expect(server.requestCount).toBe(4);
  });

  it('whose response has no body', async () => {
    await using server = await httpServer((_, response) => response.writeHead(204).end());
    const [plain, patched] = twins(() => clientOf(server.origin));
    const expected = await read(() => open(plain, '/'));
    expect(await read(() => open(patched, '/'))).toEqual(expected);
    expect(expected.error).toMatchObject({ class: 'AnthropicError' });
  });

  it('and logs nothing where it is told not to', async () => {
    await using server = await served('event: a\ndata: {"broken"\n\n');
    for (const logLevel of ['off', 'error'] as const) {
      const logs = [logger(), logger()] as const;
      const [plain, patched] = logs.map(({ options }) =>
        clientOf(server.origin, { ...options, logLevel }),
      ) as [Anthropic, Anthropic];
      patch(patched);
      expect(await read(() => open(patched, '/'))).toEqual(await read(() => open(plain, '/')));
      expect(logs[1].lines).toEqual(logs[0].lines);
      expect(logs[0].lines).toHaveLength(logLevel === 'off' ? 0 : 2);
    }
  });
});

describe('the helpers of a patched Anthropic client give what they give without', () => {
  /** Everything that the accumulating helper says, in order. */
  async function heard(client: Anthropic): Promise<unknown[]> {
    const said: unknown[] = [];
    const stream = client.messages.stream(QUESTION);
    for (const name of ['text', 'thinking', 'signature', 'inputJson', 'contentBlock'] as const) {
      stream.on(name, (...args: unknown[]) => said.push([name, structuredClone(args)]));
    }
    for (const name of ['streamEvent', 'message', 'finalMessage', 'connect', 'end'] as const) {
      stream.on(name, (...args: unknown[]) => said.push([name, structuredClone(args)]));
    }
    stream.on('error', (error) => said.push(['error', described(error)]));
    stream.on('abort', (error) => said.push(['abort', described(error)]));
    const final = await stream.finalMessage().catch(described);
    return [...said, final, stream.request_id];
  }

  it.each([
    ...Object.entries(MESSAGES),
    ['an error in the middle', `${message(text).slice(0, 400)}\n\n${overloaded}`],
    ['a message that is cut off', message(text).slice(0, 500)],
    ['nothing', ''],
  ])('messages.stream(): %s', async (_, body) => {
    await using server = await served(body);
    const [plain, patched] = twins(() => clientOf(server.origin));
    const expected = await heard(plain);
    expect(await heard(patched)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(1);
  });

  const DEEDS: Record<string, (client: Anthropic) => Promise<unknown>> = {
    'messages.create()': async (client) =>
      await read(() => client.messages.create({ ...QUESTION, stream: true })),
    'beta.messages.create()': async (client) =>
      await read(() => client.beta.messages.create({ ...QUESTION, stream: true, betas: ['b'] })),
    'beta.messages.stream()': async (client) =>
      await client.beta.messages.stream(QUESTION).finalMessage(),
    'withResponse()': async (client) => {
      const { data, response, request_id } = await client.messages
        .create({ ...QUESTION, stream: true })
        .withResponse();
      const { status, bodyUsed } = response;
      return { status, bodyUsed, request_id, read: await read(async () => data) };
    },
    'asResponse()': async (client) => {
      const response = await client.messages.create({ ...QUESTION, stream: true }).asResponse();
      return [response.status, await response.text()];
    },
    'tee()': async (client) => {
      const stream = await client.messages.create({ ...QUESTION, stream: true });
      return await Promise.all(stream.tee().map((half) => read(async () => half)));
    },
    'toReadableStream()': async (client) => {
      const stream = await client.messages.create({ ...QUESTION, stream: true });
      return await new Response(stream.toReadableStream()).text();
    },
    'messages.stream().toReadableStream()': async (client) =>
      await new Response(client.messages.stream(QUESTION).toReadableStream()).text(),
    'a middleware that parses the response': async (client) => {
      let seen: Promise<unknown> | undefined;
      const middle = client.withOptions({
        middleware: [
          async (request, next, { parse }) => {
            const response = await next(request);
            seen = read(async () => (await parse(response)) as AsyncIterable<unknown>);
            return response;
          },
        ],
      });
      const stream = await middle.messages.create({ ...QUESTION, stream: true });
      return [await read(async () => stream), await seen];
    },
  };

  it.each(Object.entries(DEEDS))('%s', async (_, deed) => {
    await using server = await served(message(thinking, toolUse));
    const [plain, patched] = twins(() => clientOf(server.origin));
    const expected = await deed(plain);
    expect(await deed(patched)).toEqual(expected);
  });

  it("the results of a batch, in the package's own reading", async () => {
    const results = [1, 2, 3].map((id) => `{"custom_id":"${id}","result":{"é":${id}}}\n`).join('');
    await using server = await httpServer((request, response) => {
      const url = `http://${request.headers.host}/results`;
      const batch = { id: 'b', processing_status: 'ended', results_url: url };
      response.setHeader('content-type', 'application/json');
      response.end(request.url === '/results' ? results : JSON.stringify(batch));
    });
    const [plain, patched] = twins(() => clientOf(server.origin));
    const expected = await read(() => plain.messages.batches.results('b'));
    expect(await read(() => patched.messages.batches.results('b'))).toEqual(expected);
    expect(expected.events).toHaveLength(3);
  });
});

describe('a stream of a patched Anthropic client', () => {
  it('stops the upstream when it is left', async () => {
    await using server = await stalled(event('a'));
    const stream = await patch(clientOf(server.origin)).messages.create({
      ...QUESTION,
      stream: true,
    });
    for await (const _ of stream) break;
    expect(stream.controller.signal.aborted).toBe(true);
    await server.closed(0);
  });

  it('counts as left after its last event, too', async () => {
    await using server = await served(event('a'));
    const outcomes = twins(() => clientOf(server.origin)).map(async (client) => {
      const stream = await client.messages.create({ ...QUESTION, stream: true });
      for await (const _ of stream) break;
      return stream.controller.signal.aborted;
    });
    expect(await Promise.all(outcomes)).toEqual([true, true]);
  });

  it('ends without a word when its controller is aborted', async () => {
    await using server = await stalled(event('a'));
    for (const client of twins(() => clientOf(server.origin))) {
      const stream = await client.messages.create({ ...QUESTION, stream: true });
      const types: string[] = [];
      for await (const { type } of stream) {
        types.push(type);
        stream.controller.abort();
      }
      expect(types).toEqual(['a']);
    }
    await Promise.all([server.closed(0), server.closed(1)]);
  });

  it("throws the controller's reason when it is aborted for one", async () => {
    await using server = await stalled(event('a'));
    for (const client of twins(() => clientOf(server.origin))) {
      const stream = await client.messages.create({ ...QUESTION, stream: true });
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      stream.controller.abort(new RangeError('enough'));
      await expect(iterator.next()).rejects.toThrow(new RangeError('enough'));
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('tells the helper of an abort', async () => {
    await using server = await stalled(message(text).slice(0, 600));
    for (const client of twins(() => clientOf(server.origin))) {
      const stream = client.messages.stream(QUESTION);
      stream.once('streamEvent', () => stream.abort());
      await expect(stream.done()).rejects.toThrow(Anthropic.APIUserAbortError);
      expect(stream.aborted).toBe(true);
    }
  });

  const ENDINGS: Record<string, { body: Body; read(stream: AsyncIterable<unknown>): unknown }> = {
    'its end': { body: event('a'), read: (stream) => read(async () => stream) },
    'an error': { body: overloaded, read: (stream) => read(async () => stream) },
    'being left': {
      body: event('a') + event('b'),
      read: async (stream) => {
        for await (const _ of stream) break;
      },
    },
  };

  it.each(Object.entries(ENDINGS))(
    "takes its hands off the caller's signal after %s",
    async (_, { body, read: readIt }) => {
      await using server = await served(body);
      for (const client of twins(() => clientOf(server.origin))) {
        const { signal } = new AbortController();
        const stream = await client.messages.create({ ...QUESTION, stream: true }, { signal });
        expect(getEventListeners(signal, 'abort')).toHaveLength(1);
        await readIt(stream);
        while (getEventListeners(signal, 'abort').length > 0) await new Promise(setImmediate);
      }
    },
  );

  it("ends when the caller's signal is aborted", async () => {
    await using server = await stalled(event('a'));
    for (const client of twins(() => clientOf(server.origin))) {
      const controller = new AbortController();
      const { signal } = controller;
      const stream = await client.messages.create({ ...QUESTION, stream: true }, { signal });
      let count = 0;
      for await (const _ of stream) {
        count++;
        controller.abort();
      }
      expect(count).toBe(1);
    }
  });
});
