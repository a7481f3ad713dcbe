import { describe, expect, it } from 'vitest';
import { HttpClient, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { portServer } from '../servers/ports.js';
import { answer, scriptedServer } from '../servers/scripted.js';

/** Answers only when the test says so. */
async function heldServer() {
  return await scriptedServer(async (connection) => {
    await connection.request();
  });
}

async function expectClosed(client: HttpClient, origin: string): Promise<void> {
  const closed = { code: 'WARMLINE_CLOSED', phase: 'pool' };
  expect(await rejection(client.request('GET', origin))).toMatchObject(closed);
  const error = await rejection(client.fetch(origin));
  expect(error instanceof WarmlineError ? error : (error as Error).cause).toMatchObject(closed);
  expect(await rejection(client.preconnect(origin))).toMatchObject(closed);
  expect(() => client.getPoolMetrics()).toThrow(expect.objectContaining(closed));
  expect(() => client.updatePoolLimits(1, 1)).toThrow(expect.objectContaining(closed));
}

describe('close', () => {
  it('closes idle connections, and takes no more requests', async () => {
    await using server = await portServer();
    const client = new HttpClient();
    await client.request('GET', server.origin);
    await client.close();
    await server.closed(0);
    await expectClosed(client, server.origin);
    expect(server.requestCount).toBe(1);
  });

  it('waits for requests in flight, of both kinds, and for their bodies', async () => {
    await using server = await heldServer();
    const client = new HttpClient();
    const whole = client.request('GET', server.origin);
    const first = await server.connection(0);
    await first.bytes(1);
    const streamed = client.fetch(server.origin);
    const second = await server.connection(1);
    await second.bytes(1);
    let closed = false;
    const closing = client.close().then(() => {
      closed = true;
    });
    await first.send(answer('whole'));
    expect((await whole).text()).toBe('whole');
    await second.send('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nstre');
    const response = await streamed;
    expect(closed).toBe(false);
    await second.send('amed');
    expect(await response.text()).toBe('streamed');
    await closing;
    await Promise.all([first.closed, second.closed]);
  });

  it('may be called again and again, at once and after', async () => {
    await using server = await heldServer();
    const client = new HttpClient();
    const request = client.request('GET', server.origin);
    const connection = await server.connection(0);
    await connection.bytes(1);
    const closings = [client.close(), client.close(), client[Symbol.asyncDispose]()];
    await connection.send(answer('done'));
    await request;
    await Promise.all(closings);
    await client.close();
    client.destroy();
  });

  it('is what the end of a block does', async () => {
    await using server = await portServer();
    {
      await using client = new HttpClient();
      await client.request('GET', server.origin);
    }
    await server.closed(0);
  });

  it('does not wait for a request whose address cannot be written', async () => {
    const client = new HttpClient();
    const address = Symbol('address') as unknown as string;
    expect(await rejection(client.request('GET', address))).toBeInstanceOf(TypeError);
    await client.close();
  });

  it('leaves other clients alone', async () => {
    await using server = await portServer();
    await using other = new HttpClient();
    const before = await other.request('GET', server.origin);
    const client = new HttpClient();
    await client.request('GET', server.origin);
    await client.close();
    expect((await other.request('GET', server.origin)).text()).toBe(before.text());
  });
});

describe('destroy', () => {
  it('stops requests in flight, of both kinds, and closes every connection', async () => {
    await using server = await heldServer();
    const client = new HttpClient();
    const whole = rejection(client.request('GET', server.origin));
    const first = await server.connection(0);
    await first.bytes(1);
    const streamed = rejection(client.fetch(server.origin));
    const second = await server.connection(1);
    await second.bytes(1);
    client.destroy();
    expect(await whole).toMatchObject({ name: 'AbortError' });
    expect(await streamed).toMatchObject({ name: 'AbortError' });
    await Promise.all([first.peerClosed, second.peerClosed]);
    await expectClosed(client, server.origin);
  });

  it('ends a body that is being read', async () => {
    await using server = await heldServer();
    const client = new HttpClient();
    const answered = client.fetch(server.origin);
    const connection = await server.connection(0);
    await connection.bytes(1);
    await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nstre');
    const failed = rejection((await answered).text());
    client.destroy();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    await connection.peerClosed;
  });

  it('ends a close that waits', async () => {
    await using server = await heldServer();
    const client = new HttpClient();
    const failed = rejection(client.request('GET', server.origin));
    await (await server.connection(0)).bytes(1);
    const closing = client.close();
    client.destroy();
    await closing;
    await failed;
  });

  it('ends the wait of those in line', async () => {
    await using server = await heldServer();
    const client = new HttpClient({ maxConnections: 1 });
    const failed = [1, 2, 3].map(() => rejection(client.request('GET', server.origin)));
    await (await server.connection(0)).bytes(1);
    client.destroy();
    for (const error of await Promise.all(failed)) {
      expect(error).toMatchObject({ name: 'AbortError' });
    }
    expect(server.connections.length).toBe(1);
  });
});
