import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';
import { implementations } from './implementations.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Collects garbage in as many turns as finalizers may need to be run. */
async function collectAll(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    collectGarbage();
    await turn();
  }
}

/** Reads a whole body with nothing left but the promise of it: whoever asks keeps no response and no stream. */
const READS: [string, (response: Response) => Promise<string>][] = [
  ['text', (response) => response.text()],
  ['json', (response) => response.json().then(String)],
  ['arrayBuffer', (response) => response.arrayBuffer().then((b) => Buffer.from(b).toString())],
  ['blob', (response) => response.blob().then((blob) => blob.text())],
  ['a clone', (response) => response.clone().text()],
  ['another Response', (response) => new Response(response.body).text()],
  ['a transform', (response) => textOf(response.body?.pipeThrough(new TransformStream()))],
  ['one branch of a tee', (response) => textOf(response.body?.tee()[1])],
  ['for await', (response) => textOf(response.body)],
  ['a reader', (response) => readAll(response.body?.getReader())],
];

async function textOf(body: ReadableStream<Uint8Array> | null | undefined): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body ?? []) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    pieces.push(read.value);
  }
  return Buffer.concat(pieces).toString();
}

/** As an SDK throws an error whose stack knows its stream. Nothing but the reason knows the response. */
async function stoppedWithItself(fetch: typeof globalThis.fetch, url: string) {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  stop.abort({ response, body: response.body });
  return new WeakRef(response);
}

describe.each(implementations)('$name fetch: a response that the collector takes', ({ fetch }) => {
  it.each(READS)('while it is read by %s is read to its end', async (_, read) => {
    await using server = await scriptedServer(() => {});
    // No variable of this function may hold the response.
    const text = fetch(server.origin).then(read);
    const connection = await server.connection(0);
    await connection.request();
    await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123');
    await collectAll();
    await connection.send('456');
    await collectAll();
    await connection.send('789');
    expect(await text).toBe('123456789');
  });

  it('before anybody reads it lets its connection go', async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader('content-length', 1000);
      response.write('begun');
    });
    // A promise would hold the response for as long as it is on this stack.
    await fetch(server.origin).then(() => {});
    let closed = false;
    server.closed(0).then(() => {
      closed = true;
    });
    while (!closed) await collectAll();
  });

  it('is collected once it is over, though it can be reached from why it was stopped', async () => {
    await using server = await scriptedServer(() => {});
    const answered = stoppedWithItself(fetch, server.origin);
    const connection = await server.connection(0);
    await connection.request();
    await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123');
    const response = await answered;
    await connection.peerClosed;
    while (response.deref() !== undefined) await collectAll();
  });

  it('while its head is still awaited is answered all the same', async () => {
    await using server = await scriptedServer(() => {});
    const status = fetch(server.origin).then((response) => response.status);
    const connection = await server.connection(0);
    await connection.request();
    await collectAll();
    await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    expect(await status).toBe(200);
  });
});
