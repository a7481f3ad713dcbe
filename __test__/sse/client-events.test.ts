import { afterEach, describe, expect, it } from 'vitest';
import { HttpClient, type ServerSentEvent, UnexpectedResponseError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';

const clients: HttpClient[] = [];

function opened(): HttpClient {
  const client = new HttpClient();
  clients.push(client);
  return client;
}

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function all(stream: AsyncIterable<ServerSentEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { data } of stream) seen.push(data);
  return seen;
}

describe('HttpClient.events', () => {
  it('sends the request and reads its events', async () => {
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { 'content-type': 'Text/Event-Stream;charset=utf-8' });
      request.on('data', (body) => response.end(`event: ${request.method}\ndata: ${body}\n\n`));
    });
    const stream = opened().events(server.origin, { method: 'POST', body: 'hello' });
    const { value } = await stream.next();
    expect(value).toEqual({ event: 'POST', data: 'hello', id: '' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(server.requestCount).toBe(1);
  });

  it('sends nothing before the first event is asked for', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: 1\n\n');
    });
    const client = opened();
    const stream = client.events(server.origin);
    expect(client.getPoolMetrics().totalRequests).toBe(0);
    expect(await all(stream)).toEqual(['1']);
    expect(client.getPoolMetrics().totalRequests).toBe(1);
  });

  it('answers readers that wait side by side in their order', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(`${HEAD}data: 1\n\ndata: 2\n\n`);
      connection.end();
    });
    const stream = opened().events(server.origin);
    const reads = [stream.next(), stream.next(), stream.next()];
    const seen = await Promise.all(reads);
    expect(seen.map(({ value }) => value?.data)).toEqual(['1', '2', undefined]);
  });

  it.each([
    ['WARMLINE_UNEXPECTED_STATUS', 429, 'text/event-stream'],
    ['WARMLINE_UNEXPECTED_STATUS', 500, 'application/json'],
    ['WARMLINE_UNEXPECTED_CONTENT_TYPE', 200, 'application/json'],
    ['WARMLINE_UNEXPECTED_CONTENT_TYPE', 200, undefined],
  ])('throws %s for a %i of type %s', async (code, status, type) => {
    await using server = await httpServer((_, response) => {
      response.writeHead(status, type === undefined ? {} : { 'content-type': type });
      response.end('what came');
    });
    const stream = opened().events(server.origin);
    const reads = [rejection(stream.next()), stream.next()] as const;
    const failure = await reads[0];
    expect(failure).toBeInstanceOf(UnexpectedResponseError);
    expect(failure).toMatchObject({ code, status, contentType: type, body: 'what came' });
    expect(await reads[1]).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('keeps 4 KiB of an unexpected body, and lets the rest go', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(500, { 'content-type': 'text/html' });
      const more = () => {
        while (response.write('é'.repeat(1000))) {}
      };
      response.on('drain', more);
      more();
    });
    const failure = await rejection(opened().events(server.origin).next());
    expect(failure).toMatchObject({ status: 500, body: 'é'.repeat(2048) });
    await server.closed(0);
  });

  it('does not wait for the end of a body of another type', async () => {
    await using server = await scriptedServer(() => {});
    const failure = rejection(opened().events(server.origin).next());
    const connection = await server.connection(0);
    await connection.request();
    await connection.send('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[{');
    expect(await failure).toMatchObject({ body: '[{' });
    await connection.closed;
  });

  it('keeps what came of an unexpected body that breaks off', async () => {
    await using server = await scriptedServer(() => {});
    const failure = rejection(opened().events(server.origin, { retry: false }).next());
    const connection = await server.connection(0);
    await connection.request();
    await connection.send('HTTP/1.1 503 Busy\r\ncontent-length: 100\r\n\r\nlater');
    connection.end();
    expect(await failure).toMatchObject({ status: 503, body: 'later' });
  });

  it('stops the upstream on break', async () => {
    await using server = await scriptedServer(() => {});
    const read = (async () => {
      for await (const _ of opened().events(server.origin)) break;
    })();
    const connection = await server.connection(0);
    await connection.request();
    await connection.send(`${HEAD}data: 1\n\n`);
    await read;
    await connection.closed;
  });

  it('stops a request that is left before its response has come', async () => {
    await using server = await scriptedServer(() => {});
    const stream = opened().events(server.origin);
    const waiting = stream.next();
    const connection = await server.connection(0);
    await connection.request();
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await connection.closed;
  });

  it('sends nothing once it has been left', async () => {
    const client = opened();
    const stream = client.events('http://127.0.0.1:1/');
    await stream.return?.();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(client.getPoolMetrics().totalRequests).toBe(0);
  });

  it.each(['init', 'request'])("throws the reason of the %s's signal", async (place) => {
    await using server = await scriptedServer(() => {});
    const controller = new AbortController();
    const { signal } = controller;
    const client = opened();
    const stream =
      place === 'init'
        ? client.events(server.origin, { signal })
        : client.events(new Request(server.origin, { signal }));
    const connecting = stream.next();
    const connection = await server.connection(0);
    await connection.request();
    await connection.send(`${HEAD}data: 1\n\n`);
    expect((await connecting).value?.data).toBe('1');
    const waiting = rejection(stream.next());
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    await connection.closed;
  });

  it('throws what fetch throws where nothing answers', async () => {
    const stream = opened().events('http://127.0.0.1:1/');
    const failure = await rejection(stream.next());
    expect(failure).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});
