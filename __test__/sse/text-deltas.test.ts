import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  fetch,
  ProviderError,
  type TextDeltas,
  textDeltas,
  UnexpectedResponseError,
  WarmlineError,
} from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { awsFrame, bedrockChunk } from '../servers/aws-frames.js';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const EVENTS = 'text/event-stream; charset=utf-8';
const LINES = 'application/x-ndjson';
const FRAMES = 'application/vnd.amazon.eventstream';

/** A response whose body a test sends piece by piece. */
async function opened(type: string, signal?: AbortSignal) {
  const server = await scriptedServer(() => {});
  const answer = fetch(server.origin, signal === undefined ? {} : { signal });
  const connection = await server.connection(0);
  await connection.request();
  await connection.send(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n\r\n`);
  return { server, connection, response: await answer };
}

/** A server that answers with this body, whole or cut in two. */
function serving(type: string, body: string | Uint8Array, cut?: number) {
  const bytes = Buffer.from(body);
  return httpServer((_, response) => {
    response.writeHead(200, { 'content-type': type });
    if (cut !== undefined) response.write(bytes.subarray(0, cut));
    response.end(bytes.subarray(cut ?? 0));
  });
}

/** The whole text; what arrives at once may come as one piece. */
async function joined(deltas: TextDeltas): Promise<string> {
  let text = '';
  for await (const delta of deltas) {
    expect(delta).not.toBe('');
    text += delta;
  }
  return text;
}

const sse = (...events: object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');

const lines = (...values: object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

const chat = (content: string): object => ({ choices: [{ index: 0, delta: { content } }] });

describe('textDeltas', () => {
  it('reads the text of OpenAI chat completions and their usage', async () => {
    const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };
    const body = `${sse(chat(''), chat('Hé'), chat('"l\\\n😀'), { choices: [], usage })}data: [DONE]\n\n`;
    await using server = await serving(EVENTS, body);
    const deltas = textDeltas(await fetch(server.origin));
    expect(await joined(deltas)).toBe('Hé"l\\\n😀');
    expect(deltas.usage).toEqual({ inputTokens: 20, outputTokens: 10, totalTokens: 30 });
  });

  it('reads the text of Anthropic messages and adds up what they say of usage', async () => {
    const delta = (text: string) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    });
    const input = { input_tokens: 5, cache_read_input_tokens: 20, output_tokens: 1 };
    const body = sse(
      { type: 'message_start', message: { usage: input } },
      { type: 'ping' },
      delta('a'),
      { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'no' } },
      delta('b'),
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } },
      { type: 'message_stop' },
    );
    await using server = await serving(EVENTS, body);
    const deltas = textDeltas(await fetch(server.origin));
    expect(await joined(deltas)).toBe('ab');
    expect(deltas.usage).toEqual({
      inputTokens: 25,
      outputTokens: 15,
      totalTokens: 40,
      cachedInputTokens: 20,
    });
  });

  it('reads the lines of Ollama, the last without an end', async () => {
    const message = (content: string) => ({ message: { role: 'assistant', content }, done: false });
    const end = { done: true, prompt_eval_count: 2, eval_count: 3 };
    const body = `${lines(message('a'), message('b'))}\r\n${JSON.stringify(end)}`;
    await using server = await serving(LINES, body);
    const deltas = textDeltas(await fetch(server.origin));
    expect(await joined(deltas)).toBe('ab');
    expect(deltas.usage).toEqual({ inputTokens: 2, outputTokens: 3, totalTokens: 5 });
  });

  it('reads the frames of Bedrock', async () => {
    const headers = { ':event-type': 'contentBlockDelta', ':message-type': 'event' };
    const delta = { type: 'text_delta', text: 'é' };
    const body = Buffer.concat([
      awsFrame(headers, JSON.stringify({ contentBlockIndex: 0, delta: { text: 'a' } })),
      bedrockChunk({ type: 'content_block_delta', delta }),
    ]);
    await using server = await serving(FRAMES, body);
    const deltas = textDeltas(await fetch(server.origin));
    expect(await joined(deltas)).toBe('aé');
    expect(deltas.usage).toBeUndefined();
  });

  it('reads the same wherever the body is cut', async () => {
    const bodies: [string, Uint8Array][] = [
      [EVENTS, Buffer.from(sse(chat('a'), chat('é😀'), { error: null }, chat('b')))],
      [LINES, Buffer.from(lines({ response: 'a' }, { response: 'é😀' }, { response: 'b' }))],
      [
        FRAMES,
        Buffer.concat([
          bedrockChunk(chat('a')),
          bedrockChunk(chat('é😀')),
          bedrockChunk(chat('b')),
        ]),
      ],
    ];
    for (const [type, body] of bodies) {
      const server = await scriptedServer(() => {});
      await using _ = server;
      const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`;
      for (const [i, cut] of [1, 7, 19, 40, 56, 57, 58, body.length - 1].entries()) {
        const answer = fetch(server.origin);
        const connection = await server.connection(i);
        await connection.request();
        await connection.send(head);
        const text = joined(textDeltas(await answer));
        await connection.send(body.subarray(0, cut));
        connection.end(body.subarray(cut));
        expect(await text, `${type} cut at ${cut}`).toBe('aé😀b');
      }
    }
  });

  it('hands text over as soon as it has come', async () => {
    const { server, connection, response } = await opened(EVENTS);
    await using _ = server;
    const deltas = textDeltas(response);
    for (const text of ['a', 'b', 'c']) {
      const next = deltas.next();
      await connection.send(sse(chat(text)));
      expect(await next).toEqual({ done: false, value: text });
    }
    connection.end();
    expect(await deltas.next()).toEqual({ done: true, value: undefined });
  });

  it('knows the usage so far while it reads', async () => {
    const { server, connection, response } = await opened(EVENTS);
    await using _ = server;
    const deltas = textDeltas(response);
    expect(deltas.usage).toBeUndefined();
    const counts = (prompt: number, candidates: number) => ({
      usageMetadata: { promptTokenCount: prompt, candidatesTokenCount: candidates },
    });
    const part = (text: string) => ({ candidates: [{ content: { parts: [{ text }] } }] });
    for (const [i, text] of ['a', 'b'].entries()) {
      const next = deltas.next();
      await connection.send(sse({ ...part(text), ...counts(9, i + 1) }));
      expect((await next).value).toBe(text);
      expect(deltas.usage).toEqual({ inputTokens: 9, outputTokens: i + 1, totalTokens: 10 + i });
    }
    await deltas.return?.();
    expect(deltas.usage?.totalTokens).toBe(11);
    await connection.closed;
  });

  it('loses no text of many streams at once, and mixes none up', async () => {
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { 'content-type': EVENTS });
      for (let i = 0; i < 200; i++) response.write(sse(chat(`${request.url}:${i} `)));
      response.end();
    });
    const texts = Array.from({ length: 40 }, async (_, i) =>
      joined(textDeltas(await fetch(`${server.origin}/${i}`))),
    );
    for (const [i, text] of (await Promise.all(texts)).entries()) {
      expect(text).toBe(Array.from({ length: 200 }, (_, n) => `/${i}:${n} `).join(''));
    }
  });

  it('reads a body that came whole, and both halves of one that is cloned on its way', async () => {
    await using whole = await serving(
      LINES,
      lines({ response: 'a' }, { response: 'b', eval_count: 1 }),
    );
    const response = await fetch(whole.origin);
    const twin = textDeltas(response.clone());
    expect([await joined(textDeltas(response)), await joined(twin)]).toEqual(['ab', 'ab']);
    expect(twin.usage).toEqual({ outputTokens: 1 });
    const flowing = await opened(EVENTS);
    await using _ = flowing.server;
    const halves = [flowing.response.clone(), flowing.response].map((half) =>
      joined(textDeltas(half)),
    );
    await flowing.connection.send(`${sse(chat('a'), { usage: { prompt_tokens: 1 } })}data: {"cho`);
    await flowing.connection.send(`ices":[]}\n\n${sse(chat('b'))}`);
    flowing.connection.end();
    expect(await Promise.all(halves)).toEqual(['ab', 'ab']);
  });

  it('reads a large answer to its end through a slow reader', async () => {
    const piece = 'x'.repeat(1000);
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': EVENTS });
      for (let i = 0; i < 2000; i++) response.write(sse(chat(piece)));
      response.end();
    });
    let size = 0;
    for await (const text of textDeltas(await fetch(server.origin))) {
      size += text.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(size).toBe(2_000_000);
  });
});

describe('textDeltas: the end of reading', () => {
  it('stops the upstream on break', async () => {
    const { server, connection, response } = await opened(EVENTS);
    await using _ = server;
    await connection.send(sse(chat('a')));
    for await (const text of textDeltas(response)) {
      expect(text).toBe('a');
      break;
    }
    await connection.closed;
  });

  it('stops the upstream when nobody holds the iterator any more', async () => {
    const { server, connection } = await (async () => {
      const { server, connection, response } = await opened(EVENTS);
      await connection.send(sse(chat('a')));
      await textDeltas(response).next();
      return { server, connection };
    })();
    await using _ = server;
    let closed = false;
    connection.closed.then(() => {
      closed = true;
    });
    while (!closed) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("throws the signal's reason", async () => {
    const controller = new AbortController();
    const { server, connection, response } = await opened(EVENTS, controller.signal);
    await using _ = server;
    const waiting = rejection(textDeltas(response).next());
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    await connection.closed;
  });

  it("throws a provider's error after the text before it, and keeps the usage", async () => {
    const error = { type: 'overloaded_error', code: 529, message: 'Overloaded' };
    const usage = { input_tokens: 7, output_tokens: 1 };
    const body = sse(
      { type: 'message_start', message: { usage } },
      { choices: [{ delta: { content: 'a' } }] },
      { type: 'error', error },
      chat('never'),
    );
    for (const cut of [undefined, 30]) {
      await using server = await serving(EVENTS, body, cut);
      const deltas = textDeltas(await fetch(server.origin));
      expect((await deltas.next()).value).toBe('a');
      const failure = await rejection(deltas.next());
      expect(failure).toBeInstanceOf(ProviderError);
      expect(failure).toBeInstanceOf(WarmlineError);
      expect(failure).toMatchObject({
        name: 'ProviderError',
        code: 'WARMLINE_PROVIDER_ERROR',
        phase: 'body',
        origin: server.origin,
        type: 'overloaded_error',
        providerCode: '529',
        message: 'Overloaded',
      });
      expect(deltas.usage).toEqual({ inputTokens: 7, outputTokens: 1, totalTokens: 8 });
      expect(await deltas.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('throws the exceptions of Bedrock', async () => {
    const headers = { ':message-type': 'exception', ':exception-type': 'throttlingException' };
    await using server = await serving(
      FRAMES,
      awsFrame(headers, '{"message":"Too many requests"}'),
    );
    const failure = await rejection(textDeltas(await fetch(server.origin)).next());
    expect(failure).toBeInstanceOf(ProviderError);
    expect(failure).toMatchObject({ type: 'throttlingException', message: 'Too many requests' });
  });

  it('gives what came before the connection broke, and then says so', async () => {
    const { server, connection, response } = await opened(EVENTS);
    await using _ = server;
    const deltas = textDeltas(response);
    await connection.send(`${sse(chat('a'))}data: half`);
    expect((await deltas.next()).value).toBe('a');
    connection.reset();
    expect(await rejection(deltas.next())).toMatchObject({
      message: 'terminated',
      cause: { code: 'ECONNRESET' },
    });
  });

  const damaged = awsFrame({}, '{"delta":{"text":"lost"}}');
  damaged.writeUInt8(damaged.readUInt8(20) ^ 1, 20);
  it.each([
    ['WARMLINE_INVALID_EVENT', EVENTS, sse(chat('a')), 'data: {"choices":[{"de\n\n'],
    ['WARMLINE_INVALID_EVENT', LINES, lines(chat('a')), '{"choices":[{"de'],
    ['WARMLINE_FRAME_CHECKSUM', FRAMES, bedrockChunk(chat('a')), damaged],
    ['WARMLINE_FRAME_TRUNCATED', FRAMES, bedrockChunk(chat('a')), damaged.subarray(0, 9)],
  ])('says %s where a %s cannot be read on', async (code, type, sound, broken) => {
    const body = Buffer.concat([Buffer.from(sound), Buffer.from(broken)]);
    // Decoded here where it comes whole, and on the engine where it does not.
    for (const cut of [undefined, 30]) {
      await using server = await serving(type, body, cut);
      const deltas = textDeltas(await fetch(server.origin));
      expect((await deltas.next()).value).toBe('a');
      expect(await rejection(deltas.next())).toMatchObject({
        message: 'terminated',
        cause: { code },
      });
      expect(await deltas.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('harms no other stream with a bad event', async () => {
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { 'content-type': EVENTS });
      response.write(sse(chat('a')));
      response.end(request.url === '/bad' ? 'data: {"\n\n' : sse(chat('b')));
    });
    const read = async (path: string) => joined(textDeltas(await fetch(server.origin + path)));
    const bad = rejection(read('/bad'));
    expect(await Promise.all([read('/1'), read('/2')])).toEqual(['ab', 'ab']);
    expect(await bad).toMatchObject({ cause: { code: 'WARMLINE_INVALID_EVENT' } });
  });
});

describe('textDeltas: what is no stream', () => {
  it('throws what the provider answered instead, with the beginning of its body', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"No key"}}');
    });
    const deltas = textDeltas(await fetch(server.origin));
    const failure = await rejection(deltas.next());
    expect(failure).toBeInstanceOf(UnexpectedResponseError);
    expect(failure).not.toBeInstanceOf(ProviderError);
    expect(failure).toMatchObject({
      code: 'WARMLINE_UNEXPECTED_STATUS',
      status: 401,
      contentType: 'application/json',
      body: '{"error":{"message":"No key"}}',
      origin: server.origin,
    });
    expect(await deltas.next()).toEqual({ done: true, value: undefined });
  });

  it.each(['application/json', 'text/plain', undefined])(
    'refuses a body of type %s',
    async (type) => {
      await using server = await httpServer((_, response) => {
        if (type !== undefined) response.setHeader('content-type', type);
        response.end('{"choices":[]}');
      });
      expect(await rejection(textDeltas(await fetch(server.origin)).next())).toMatchObject({
        code: 'WARMLINE_UNEXPECTED_CONTENT_TYPE',
        status: 200,
        contentType: type,
        body: '{"choices":[]}',
      });
    },
  );

  it('refuses a response of another fetch, and a body that has been read', async () => {
    expect(() => textDeltas(new Response('data: 1\n\n'))).toThrow(TypeError);
    for (const type of [EVENTS, 'text/plain']) {
      await using server = await serving(type, sse(chat('a')));
      const response = await fetch(server.origin);
      await response.text();
      expect(() => textDeltas(response)).toThrow(TypeError);
    }
  });
});
