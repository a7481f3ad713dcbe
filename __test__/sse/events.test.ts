import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { events, fetch, type ServerSentEvent } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { httpServer } from '../servers/http.js';
import { type ScriptedConnection, scriptedServer } from '../servers/scripted.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';

async function all(stream: AsyncIterable<ServerSentEvent>): Promise<ServerSentEvent[]> {
  const seen: ServerSentEvent[] = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

/** A response whose body a test sends piece by piece. */
async function opened(signal?: AbortSignal) {
  const server = await scriptedServer(() => {});
  const answer = fetch(server.origin, signal === undefined ? {} : { signal });
  const connection = await server.connection(0);
  await connection.request();
  await connection.send(HEAD);
  return { server, connection, response: await answer };
}

describe('events', () => {
  it('reads names, data, ids and reconnection times', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    await connection.send(
      Buffer.from('retry: 10\nid: 7\nevent: add\ndata: 1\ndata: 2\n\n:\n\ndata: "\\\t😀\n\n'),
    );
    connection.end();
    expect(await all(events(response))).toEqual([
      { event: 'add', data: '1\n2', id: '7', retry: 10 },
      { event: 'message', data: '"\\\t😀', id: '7' },
    ]);
  });

  it('hands each event over as soon as it has come', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    const stream = events(response);
    for (const data of ['a', 'b', 'c']) {
      const next = stream.next();
      await connection.send(`data: ${data}\n\n`);
      expect(await next).toEqual({ done: false, value: { event: 'message', data, id: '' } });
    }
    connection.end();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('loses nothing of what had come before anybody asked for events', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    // The clone's half reads the first piece, so that it is known to have arrived.
    const text = 'data: 1\n\ndata: 2\n';
    await connection.send(text);
    const twin = response.clone();
    const reader = twin.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(text);
    const stream = events(response);
    await connection.send('\ndata: 3\n\n');
    connection.end();
    expect((await all(stream)).map(({ data }) => data)).toEqual(['1', '2', '3']);
    await reader?.cancel();
  });

  it('reads a body that came whole with its head, and the clone of one', async () => {
    await using server = await httpServer((_, response) => {
      response.end('data: 1\n\nevent: x\ndata: é\n\ndata: lost\n');
    });
    const response = await fetch(server.origin);
    const expected = [
      { event: 'message', data: '1', id: '' },
      { event: 'x', data: 'é', id: '' },
    ];
    expect(await all(events(response.clone()))).toEqual(expected);
    expect(await all(events(response))).toEqual(expected);
  });

  it('reads both halves of a response that is cloned on its way', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    const [one, other] = [all(events(response.clone())), all(events(response))];
    await connection.send('data: 1\n\nda');
    await connection.send('ta: 2\n\n');
    connection.end();
    expect((await one).map(({ data }) => data)).toEqual(['1', '2']);
    expect(await other).toEqual(await one);
  });

  it('has no events for a response without a body', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(204).end();
    });
    expect(await all(events(await fetch(server.origin)))).toEqual([]);
  });

  it('gives an event of a megabyte whole', async () => {
    await using server = await httpServer((_, response) => {
      response.end(`data: ${'x'.repeat(1 << 20)}\n\ndata: after\n\n`);
    });
    const seen = await all(events(await fetch(server.origin)));
    expect(seen.map(({ data }) => data.length)).toEqual([1 << 20, 5]);
  });

  it('serves many streams at once without mixing them up', async () => {
    await using server = await httpServer((request, response) => {
      const name = request.url?.slice(1) ?? '';
      for (let i = 0; i < 50; i++) response.write(`event: ${name}\ndata: {"${name}":${i}}\n\n`);
      response.end();
    });
    const streams = Array.from({ length: 40 }, async (_, i) =>
      all(events(await fetch(`${server.origin}/s${i}`))),
    );
    for (const [i, seen] of (await Promise.all(streams)).entries()) {
      expect(seen).toEqual(
        Array.from({ length: 50 }, (_, n) => ({
          event: `s${i}`,
          data: `{"s${i}":${n}}`,
          id: '',
        })),
      );
    }
  });

  it('answers readers that wait side by side in their order', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    const stream = events(response);
    const reads = [stream.next(), stream.next(), stream.next()];
    await connection.send('data: 1\n\ndata: 2\n\n');
    connection.end();
    const seen = await Promise.all(reads);
    expect(seen.map(({ value }) => value?.data)).toEqual(['1', '2', undefined]);
  });
});

describe('events: the end of reading', () => {
  it('stops the upstream on break', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    await connection.send('data: 1\n\ndata: 2\n\n');
    for await (const { data } of events(response)) {
      expect(data).toBe('1');
      break;
    }
    await connection.closed;
  });

  it('stops the upstream when nobody holds the iterator any more', async () => {
    const { server, connection } = await (async () => {
      const { server, connection, response } = await opened();
      await connection.send('data: 1\n\n');
      await events(response).next();
      return { server, connection };
    })();
    await using _ = server;
    await collected(connection);
  });

  it('goes on while the iterator is held but its response is not', async () => {
    const { server, connection, stream } = await (async () => {
      const { server, connection, response } = await opened();
      return { server, connection, stream: events(response) };
    })();
    await using _ = server;
    for (let i = 0; i < 10; i++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await connection.send('data: 1\n\n');
    expect((await stream.next()).value?.data).toBe('1');
  });

  it("throws the signal's reason, and drops what nobody had read", async () => {
    const controller = new AbortController();
    const { server, connection, response } = await opened(controller.signal);
    await using _ = server;
    const stream = events(response);
    await connection.send('data: 1\n\ndata: 2\n\n');
    expect((await stream.next()).value?.data).toBe('1');
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await rejection(stream.next())).toBe(reason);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await connection.closed;
  });

  it('rejects a read that waits when the signal is aborted', async () => {
    const controller = new AbortController();
    const { server, response } = await opened(controller.signal);
    await using _ = server;
    const waiting = rejection(events(response).next());
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
  });

  it('gives what came before the connection broke, and then says so', async () => {
    const { server, connection, response } = await opened();
    await using _ = server;
    const stream = events(response);
    await connection.send('data: 1\n\ndata: half');
    expect((await stream.next()).value?.data).toBe('1');
    connection.reset();
    const error = await rejection(stream.next());
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe('terminated');
    expect((error as { cause: { code: string } }).cause.code).toBe('ECONNRESET');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('refuses an event larger than 16 MiB and closes the connection', async () => {
    const line = Buffer.alloc(1 << 20, 'x');
    await using server = await httpServer((_, response) => {
      response.write('data: first\n\ndata: ');
      const more = () => {
        while (response.write(line)) {}
      };
      response.on('drain', more);
      more();
    });
    const stream = events(await fetch(server.origin));
    expect((await stream.next()).value?.data).toBe('first');
    const error = (await rejection(stream.next())) as Error & { cause: { code: string } };
    expect(error.message).toBe('terminated');
    expect(error.cause.code).toBe('WARMLINE_EVENT_TOO_LARGE');
    await server.closed(0);
  });

  it('slows the server down for a reader that stops, and for no other', async () => {
    let written = 0;
    let block: () => void;
    const blocked = new Promise<void>((resolve) => {
      block = resolve;
    });
    await using server = await httpServer((request, response) => {
      if (request.url === '/other') {
        response.end('data: quick\n\n');
        return;
      }
      const more = () => {
        while (response.write(`data: ${'x'.repeat(1000)}\n\n`)) written++;
        block();
      };
      response.on('drain', more);
      more();
    });
    const stream = events(await fetch(`${server.origin}/fast`));
    await stream.next();
    await blocked;
    expect(await all(events(await fetch(`${server.origin}/other`)))).toHaveLength(1);
    // Whatever was written while nobody read arrives once somebody does, and more after it.
    const before = written;
    for (let read = 0; read < before + 1000; read++) {
      expect((await stream.next()).value?.data).toHaveLength(1000);
    }
    expect(written).toBeGreaterThan(before);
    await stream.return?.();
  });
});

describe('events: what it does not take', () => {
  it('refuses a response of another fetch', () => {
    expect(() => events(new Response('data: 1\n\n'))).toThrow(
      "events: expected a response of warmline's fetch",
    );
  });

  it('refuses a body that has been read, and leaves one that it reads to nobody else', async () => {
    await using server = await httpServer((_, response) => {
      response.end('data: 1\n\n');
    });
    const read = await fetch(server.origin);
    await read.text();
    expect(() => events(read)).toThrow(TypeError);
    const response = await fetch(server.origin);
    expect(await all(events(response))).toHaveLength(1);
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow(TypeError);
  });
});

async function collected(connection: ScriptedConnection): Promise<void> {
  let closed = false;
  connection.closed.then(() => {
    closed = true;
  });
  while (!closed) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A generator of numbers that is the same in each run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const PIECES = [
  'data: {"a":"b"}',
  'data:',
  'data',
  'data:  two spaces',
  'data: é😀',
  'event: ping',
  'event:',
  'id: 1',
  'id',
  ': comment',
  'retry: 100',
  'retry: x',
  'unknown: field',
  'data: a:b',
  '',
  '',
  '',
];
const ENDS = ['\n', '\r\n', '\n', '\r'];

function generated(roll: (sides: number) => number): string {
  const count = 5 + roll(40);
  let text = roll(4) === 0 ? '\u{feff}' : '';
  for (let i = 0; i < count; i++) {
    text += (PIECES[roll(PIECES.length)] as string) + (ENDS[roll(ENDS.length)] as string);
  }
  return text;
}

/** What the parser that most of the field uses makes of a stream. */
function parsedElsewhere(text: string): { event: string; data: string }[] {
  const seen: { event: string; data: string }[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => seen.push({ event: event || 'message', data }),
  });
  parser.feed(text);
  return seen;
}

describe('events beside eventsource-parser', () => {
  it('gives the same events for generated streams, cut anywhere', async () => {
    const roll = dice(20_261_121);
    const texts = Array.from({ length: 300 }, () => `${generated(roll)}\n\ndata: end\n\n`);
    await using server = await httpServer((request, response) => {
      const bytes = Buffer.from(texts[Number(request.url?.slice(1))] as string);
      const cut = roll(bytes.length);
      response.write(bytes.subarray(0, cut));
      response.end(bytes.subarray(cut));
    });
    for (const [i, text] of texts.entries()) {
      const seen = await all(events(await fetch(`${server.origin}/${i}`)));
      expect(
        seen.map(({ event, data }) => ({ event, data })),
        JSON.stringify(text),
      ).toEqual(parsedElsewhere(text));
    }
  });
});
