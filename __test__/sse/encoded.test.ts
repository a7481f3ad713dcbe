import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { events, fetch, patch, textDeltas } from 'warmline';
import { CODINGS, coding, flushed } from '../servers/encoded.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { scriptedServer } from '../servers/scripted.js';

const WORDS = ['Hel', 'lo, ', 'wörld', ' 👋'];
const EVENTS = WORDS.map(
  (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`,
);
const DONE = 'data: [DONE]\n\n';

const STREAMED = CODINGS.filter(({ title }) => title !== 'raw deflate');

function head(name: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: ${name}\r\n\r\n`;
}

/** Serves these bytes in two pieces; the path says where they are cut. */
function cutServer(name: string, bytes: Buffer): Promise<HttpServer> {
  return httpServer((request, response) => {
    const cut = Number(request.url?.split('/')[1]);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': name });
    response.write(bytes.subarray(0, cut), () => {
      setImmediate(() => response.end(bytes.subarray(cut)));
    });
  });
}

describe.each(STREAMED)('a stream of events in $title', (encoding) => {
  it('is read event by event as the server flushes', async () => {
    const pieces = await flushed(encoding, EVENTS);
    let next = () => {};
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(head(encoding.name));
      for (const piece of pieces) {
        await connection.send(piece);
        // The next one is sent only once this one has been read.
        await new Promise<void>((resolve) => {
          next = resolve;
        });
      }
      connection.end();
    });
    const seen: string[] = [];
    for await (const { data } of events(await fetch(server.origin))) {
      seen.push(`data: ${data}\n\n`);
      next();
      // After the last event, what ends the encoding is still to come, and then the end itself.
      if (seen.length === EVENTS.length) setImmediate(() => next());
    }
    expect(seen).toEqual(EVENTS);
  });

  it('may be cut at every byte', async () => {
    const bytes = Buffer.concat(await flushed(encoding, EVENTS));
    await using server = await cutServer(encoding.name, bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const response = await fetch(`${server.origin}/${cut}`);
      const seen: string[] = [];
      for await (const { data } of events(response)) seen.push(`data: ${data}\n\n`);
      expect(seen).toEqual(EVENTS);
    }
  });

  it('has its text, and is read by a patched SDK', async () => {
    const bytes = Buffer.concat(await flushed(encoding, [...EVENTS, DONE]));
    await using server = await cutServer(encoding.name, bytes);
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      let text = '';
      for await (const piece of textDeltas(await fetch(`${server.origin}/${cut}`))) text += piece;
      expect(text).toBe(WORDS.join(''));
      const client = patch(new OpenAI({ apiKey: 'x', baseURL: `${server.origin}/${cut}` }));
      const stream = await client.chat.completions.create({
        model: 'm',
        messages: [],
        stream: true,
      });
      const words: unknown[] = [];
      for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content);
      expect(words).toEqual(WORDS);
    }
  });
});

it('what broke in the middle is told after the events before it', async () => {
  const pieces = await flushed(coding('gzip'), EVENTS);
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    await connection.send(head('gzip'));
    await connection.send(Buffer.concat([...pieces.slice(0, 2), Buffer.from('no deflate at all')]));
    connection.end();
  });
  const seen: string[] = [];
  const read = async () => {
    for await (const { data } of events(await fetch(server.origin))) seen.push(data);
  };
  const error = await read().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ cause: { code: 'WARMLINE_DECOMPRESSION_INVALID', phase: 'body' } });
  expect(seen.length).toBe(2);
});
