import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { events, HttpClient, patch } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { bodyOf, echo, http2Server } from '../servers/http2.js';

const authority = new CertificateAuthority('Root');
const identity = authority.issue({ name: 'leaf', hosts: ['localhost', '127.0.0.1'] });
const tls = { ca: authority.cert };

/** Begins a stream of events. */
function begin(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
}

const TOKENS = 20;

/** Answers a chat completion, a token in each frame, as the loop turns. */
async function complete(stream: ServerHttp2Stream): Promise<void> {
  const { messages } = JSON.parse(await bodyOf(stream));
  begin(stream);
  for (let token = 0; token < TOKENS; token++) {
    const choices = [{ index: 0, delta: { content: `${messages[0].content}:${token} ` } }];
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 0, model: 'm', choices };
    stream.write(`data: ${JSON.stringify(chunk)}\n\n`);
    await new Promise(setImmediate);
  }
  stream.end('data: [DONE]\n\n');
}

describe('events by HTTP/2', () => {
  it('of many streams at once come on one connection, each whole', async () => {
    await using server = await http2Server(identity, complete);
    await using client = new HttpClient({ tls });
    const sdk = new OpenAI({ apiKey: 'sk-test', baseURL: `${server.origin}/v1` });
    patch(sdk, { client });
    const texts = await Promise.all(
      Array.from({ length: 100 }, async (_, number) => {
        const messages = [{ role: 'user' as const, content: String(number) }];
        const stream = await sdk.chat.completions.create({ model: 'm', stream: true, messages });
        let text = '';
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content;
        return text;
      }),
    );
    for (const [number, text] of texts.entries()) {
      const tokens = Array.from({ length: TOKENS }, (_, token) => `${number}:${token} `);
      expect(text).toBe(tokens.join(''));
    }
    expect(server.accepted.length).toBe(1);
    expect(server.streamCount).toBe(100);
  });

  it('arrive while the stream goes on', async () => {
    let stream: ServerHttp2Stream | undefined;
    await using server = await http2Server(identity, (begun) => {
      begin(begun);
      begun.write('data: first\n\n');
      stream = begun;
    });
    await using client = new HttpClient({ tls });
    const read: string[] = [];
    for await (const { data } of events(await client.fetch(server.url()))) {
      read.push(data);
      if (data === 'first') stream?.end('data: last\n\n');
    }
    expect(read).toEqual(['first', 'last']);
  });
});

describe('a stream that nobody wants any more', () => {
  /** Streams that go on until they are stopped, but for `/echo`. */
  const endless = (streams: ServerHttp2Stream[]) =>
    http2Server(identity, (stream, headers) => {
      if (headers[':path'] === '/echo') return void echo(stream);
      streams.push(stream);
      begin(stream);
      stream.write('data: first\n\n');
    });

  const stops: [string, (client: HttpClient, url: string) => Promise<unknown>][] = [
    [
      'by an abort',
      async (client, url) => {
        const stop = new AbortController();
        const response = await client.fetch(url, { signal: stop.signal });
        const reading = rejection(response.text());
        stop.abort();
        await reading;
      },
    ],
    [
      'by body.cancel()',
      async (client, url) => {
        const response = await client.fetch(url);
        await response.body?.cancel();
      },
    ],
    [
      'by leaving the loop',
      async (client, url) => {
        for await (const _ of client.events(url)) break;
      },
    ],
    [
      'by a deadline',
      (client, url) => rejection(client.request('GET', url, { timeout: { idle: 10 } })),
    ],
  ];

  it.each(stops)('%s, is reset, and no other', async (_, stop) => {
    const streams: ServerHttp2Stream[] = [];
    await using server = await endless(streams);
    await using client = new HttpClient({ tls });
    const running = await client.fetch(server.url());
    await stop(client, server.url());
    const stopped = streams[1] as ServerHttp2Stream;
    if (!stopped.closed) await once(stopped, 'close');
    expect(stopped.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect((await client.request('POST', server.url('/echo'), { body: 'x' })).text()).toBe('x');
    streams[0]?.end('data: last\n\n');
    expect(await running.text()).toBe('data: first\n\ndata: last\n\n');
    expect(server.accepted.length).toBe(1);
  });
});

describe('a body', () => {
  it('streams up and down at once', async () => {
    await using server = await http2Server(identity, (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    await using client = new HttpClient({ tls });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const response = await client.fetch(server.url(), {
      method: 'POST',
      body: readable,
      duplex: 'half',
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const writer = writable.getWriter();
    for (const word of ['one', 'two', 'three']) {
      await writer.write(new TextEncoder().encode(word));
      expect(await reader?.read()).toEqual({ done: false, value: word });
    }
    await writer.close();
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
  });

  it('of some megabytes goes both ways', async () => {
    await using server = await http2Server(identity, (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    await using client = new HttpClient({ tls });
    const body = Buffer.alloc(5_000_000, 'warmline');
    const response = await client.fetch(server.url(), { method: 'POST', body });
    expect(body.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });

  it('that nobody reads holds up no other', async () => {
    const SIZE = 1_000_000;
    const listener = (stream: ServerHttp2Stream): void => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(SIZE));
    };
    // Megabytes, for what the clients leave unread.
    await using server = await http2Server(identity, listener, { maxSessionMemory: 100 });
    await using client = new HttpClient({ tls });
    const unread = await Promise.all(Array.from({ length: 50 }, () => client.fetch(server.url())));
    const body = await (await client.fetch(server.url())).arrayBuffer();
    expect(body.byteLength).toBe(SIZE);
    expect(server.accepted.length).toBe(1);
    for (const response of unread) {
      expect((await response.arrayBuffer()).byteLength).toBe(SIZE);
    }
  });
});
