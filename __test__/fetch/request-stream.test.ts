import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { fetch as warmlineFetch } from 'warmline';
import { echoed, echoServer } from '../servers/echo.js';
import { answer, scriptedServer } from '../servers/scripted.js';
import { headerValue } from '../servers/wire.js';
import { type BodyInit, implementations, rejection, typeError } from './implementations.js';

const encode = (text: string) => new TextEncoder().encode(text);

/** A stream of these pieces, each made only when it is asked for. */
function streamOf(...pieces: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces.map(encode));
}

describe.each(implementations)('$name fetch: a streamed request body', ({ fetch }) => {
  it('goes out chunked, in its own pieces', async () => {
    await using server = await scriptedServer(async (connection) => {
      const request = await connection.request();
      expect(request.body.toString()).toBe('one, two, three');
      expect(headerValue(request, 'transfer-encoding')).toBe('chunked');
      expect(headerValue(request, 'content-length')).toBeUndefined();
      expect(headerValue(request, 'content-type')).toBeUndefined();
      await connection.send(answer('ok'));
    });
    const body = streamOf('one, ', 'two, ', 'three');
    const response = await fetch(server.origin, { method: 'POST', body, duplex: 'half' });
    expect(await response.text()).toBe('ok');
  });

  it('may be an async iterable', async () => {
    await using server = await echoServer();
    async function* pieces() {
      yield encode('one, ');
      yield encode('two');
    }
    const body = pieces() as unknown as BodyInit;
    const seen = await echoed(fetch(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(seen.text).toBe('one, two');
  });

  it('may be the body of a Request', async () => {
    await using server = await echoServer();
    const request = new Request(server.origin, {
      method: 'POST',
      body: streamOf('from a request'),
      duplex: 'half',
    });
    expect((await echoed(fetch(request))).text).toBe('from a request');
  });

  it('may be the body of a response', async () => {
    await using server = await echoServer();
    const first = await fetch(`${server.origin}/first`);
    const seen = await echoed(
      fetch(server.origin, { method: 'POST', body: first.body, duplex: 'half' }),
    );
    expect((JSON.parse(seen.text) as { url: string }).url).toBe('/first');
  });

  it('may be empty', async () => {
    await using server = await echoServer();
    const seen = await echoed(
      fetch(server.origin, { method: 'POST', body: streamOf(), duplex: 'half' }),
    );
    expect(seen.body.length).toBe(0);
  });

  it('keeps a content type that the caller gives', async () => {
    await using server = await echoServer();
    const headers = { 'content-type': 'application/x-ndjson' };
    const seen = await echoed(
      fetch(server.origin, { method: 'POST', headers, body: streamOf('{}'), duplex: 'half' }),
    );
    expect(seen.header('content-type')).toBe('application/x-ndjson');
  });

  it('is refused without duplex', async () => {
    await using server = await echoServer();
    await typeError(fetch(server.origin, { method: 'POST', body: streamOf('x') }));
    expect(server.accepted.length).toBe(0);
  });

  it('reaches the server piece by piece, while it is still being made', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(answer('whole'));
    });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answered = fetch(server.origin, { method: 'POST', body: readable, duplex: 'half' });
    const connection = await server.connection(0);
    await writer.write(encode('first piece'));
    while (!connection.received.includes('first piece')) {
      await connection.bytes(connection.receivedLength + 1);
    }
    expect(connection.received.includes('second piece')).toBe(false);
    await writer.write(encode('second piece'));
    await writer.close();
    expect(await (await answered).text()).toBe('whole');
  });

  it('of several megabytes in pieces of many sizes arrives in order', async () => {
    await using server = await echoServer();
    const pieces = Array.from({ length: 64 }, (_, i) => Buffer.alloc(1 + i * 2_003, `${i},`));
    const body = ReadableStream.from(pieces);
    const seen = await echoed(fetch(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(seen.body.equals(Buffer.concat(pieces))).toBe(true);
  });

  it('that makes empty pieces does not end at the first of them', async () => {
    await using server = await echoServer();
    const body = streamOf('', 'a', '', '', 'b', '');
    const seen = await echoed(fetch(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(seen.text).toBe('ab');
  });

  it('waits for a server that does not read, and goes on when it does', async () => {
    const piece = new Uint8Array(64 << 10);
    const total = 1024;
    let made = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(piece);
          made += 1;
          if (made === total) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    await using echo = await echoServer();
    await using server = await scriptedServer(async (connection) => {
      await connection.head();
      connection.stopReading();
    });
    const answered = fetch(server.origin, { method: 'POST', body, duplex: 'half' });
    const connection = await server.connection(0);
    await connection.bytes(1);
    // Two hundred exchanges are many more turns than 64 MB need if nothing held them back.
    for (let i = 0; i < 200; i++) await echoed(fetch(echo.origin));
    expect(made).toBeLessThan(total);
    connection.readOn();
    await connection.bytes(total * piece.length);
    await connection.send(answer('all'));
    expect(await (await answered).text()).toBe('all');
    expect(made).toBe(total);
  });

  it('that fails fails the call with its own reason, and the server never sees an end', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
    });
    const reason = new Error('the source broke');
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulls += 1;
        if (pulls === 1) controller.enqueue(encode('begun'));
        else controller.error(reason);
      },
    });
    const error = await rejection(fetch(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(chain(error)).toContain(reason);
    for (const connection of server.connections) {
      await connection.closed;
      expect(connection.received.includes('\r\n0\r\n\r\n')).toBe(false);
    }
  });

  it('that throws from an async iterable fails the call with its own reason', async () => {
    await using server = await echoServer();
    const reason = new Error('the generator broke');
    // biome-ignore lint/correctness/useYield: it breaks before it yields
    async function* pieces() {
      throw reason;
    }
    const body = pieces() as unknown as BodyInit;
    const error = await rejection(fetch(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(chain(error)).toContain(reason);
  });

  it.each([
    ['a number', 7],
    ['null', null],
    ['an object', {}],
  ])('that makes %s instead of bytes fails the call', async (_, piece) => {
    await using server = await echoServer();
    const body = ReadableStream.from([piece]) as ReadableStream;
    const error = await typeError(fetch(server.origin, { method: 'POST', body, duplex: 'half' }));
    expect(error).toBeInstanceOf(TypeError);
  });

  it('may be answered before its end', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.head();
      await connection.send(answer('too much'));
    });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const answered = fetch(server.origin, { method: 'POST', body: readable, duplex: 'half' });
    writer.write(encode('begun')).catch(() => {});
    expect(await (await answered).text()).toBe('too much');
    writer.close().catch(() => {});
  });
});

// Node's own fetch goes on pulling after the connection is gone, without end where the stream is.
describe('warmline fetch: a streamed request body', () => {
  const fetch = warmlineFetch;

  it('is cancelled when the server goes', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.bytes(1);
      connection.reset();
    });
    let answered: Promise<unknown> = Promise.resolve();
    const cancelled = new Promise<unknown>((resolve) => {
      let made = 0;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          made += 1;
          if (made <= 64) controller.enqueue(new Uint8Array(64 << 10));
          else await new Promise(() => {});
        },
        cancel: resolve,
      });
      answered = fetch(server.origin, { method: 'POST', body, duplex: 'half' });
    });
    await typeError(answered);
    await cancelled;
  });
});

/** An error and everything that it names as its cause. */
function chain(error: unknown): unknown[] {
  const all: unknown[] = [];
  for (let at = error; at !== undefined && !all.includes(at); ) {
    all.push(at);
    at = at instanceof Error ? at.cause : undefined;
  }
  return all;
}

it('what can be iterated, but is no stream, needs no duplex for warmline, as for node-fetch', async () => {
  await using server = await echoServer();
  const body = Readable.from([encode('a'), encode('b')]);
  const seen = await echoed(warmlineFetch(server.origin, { method: 'POST', body: body as never }));
  expect(seen.text).toBe('ab');
});
