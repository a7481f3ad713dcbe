// Every way to use the package, once, on whatever Node runs this. It says what it did, and ends by itself.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import axios from 'axios';
import OpenAI from 'openai';
import {
  acquireConnection,
  events,
  fetch,
  getPatchStatus,
  HttpClient,
  patch,
  pipe,
  returnConnection,
  textDeltas,
} from 'warmline';

const token = (content) => ({ id: 'c', choices: [{ index: 0, delta: { content } }] });
const TOKENS = ['Hel', 'lo', ' wörld', '!'];
const CHAT = `${TOKENS.map((text) => `data: ${JSON.stringify(token(text))}\n\n`).join('')}data: [DONE]\n\n`;
const delta = (text) => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text },
});
const MESSAGE = TOKENS.map(
  (text) => `event: content_block_delta\ndata: ${JSON.stringify(delta(text))}\n\n`,
).join('');

const ROUTES = {
  '/chat/completions': (_, response) => sse(response, CHAT),
  '/v1/messages': (_, response) => sse(response, MESSAGE),
  '/echo': (request, response) => request.pipe(response),
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('small')),
  '/never': () => {},
  '/piped': async (_, response) => pipe(await fetch(`${origin}/chat/completions`), response),
};

function sse(response, body) {
  response.setHeader('content-type', 'text/event-stream').end(body);
}

const server = createServer((request, response) => ROUTES[request.url](request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

async function collected(stream, text) {
  const values = [];
  for await (const value of stream) values.push(text ? text(value) : value);
  return values;
}

const uses = {
  async 'fetch, with a body in and out'() {
    const sent = new Blob(['a', 'b']).stream();
    const response = await fetch(`${origin}/echo`, { method: 'POST', body: sent, duplex: 'half' });
    assert(response instanceof Response);
    assert.equal(await response.text(), 'ab');
  },
  async 'fetch of what is compressed'() {
    assert.equal(await (await fetch(`${origin}/gzip`)).text(), 'small');
  },
  async 'fetch, aborted'() {
    const signal = AbortSignal.timeout(20);
    await assert.rejects(fetch(`${origin}/never`, { signal }), { name: 'TimeoutError' });
  },
  async 'fetch of nothing'() {
    const error = await fetch('http://127.0.0.1:1').catch((error) => error);
    assert(error instanceof TypeError);
    assert.equal(error.cause.code, 'ECONNREFUSED');
  },
  async 'events()'() {
    const read = await collected(events(await fetch(`${origin}/chat/completions`)));
    assert.deepEqual(read.map(({ data }) => data).slice(-1), ['[DONE]']);
    assert.deepEqual(JSON.parse(read[2].data), token(' wörld'));
  },
  async 'textDeltas()'() {
    const texts = await collected(textDeltas(await fetch(`${origin}/chat/completions`)));
    assert.equal(texts.join(''), TOKENS.join(''));
  },
  async 'pipe()'() {
    assert.equal(await (await globalThis.fetch(`${origin}/piped`)).text(), CHAT);
  },
  async HttpClient() {
    const client = new HttpClient({ maxConnections: 2 });
    const answer = await client.request('POST', `${origin}/echo`, { body: '{"a":1}' });
    assert.deepEqual(await answer.json(), { a: 1 });
    await client.close();
  },
  async 'a lease'() {
    const id = await acquireConnection(origin);
    await (await fetch(`${origin}/gzip`, { connection: id })).text();
    assert(returnConnection(id));
    assert(!returnConnection(id));
  },
  async 'openai, patched'() {
    const client = patch(new OpenAI({ apiKey: 'k', baseURL: origin, maxRetries: 0 }));
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    assert.deepEqual(await collected(stream, (chunk) => chunk.choices[0].delta.content), TOKENS);
    assert.equal(getPatchStatus().patched.at(-1).streams, 'native');
  },
  async '@anthropic-ai/sdk, patched'() {
    const client = patch(new Anthropic({ apiKey: 'k', baseURL: origin, maxRetries: 0 }));
    const question = { model: 'm', max_tokens: 9, messages: [], stream: true };
    const stream = await client.messages.create(question);
    assert.deepEqual(await collected(stream, (event) => event.delta.text), TOKENS);
    assert.equal(getPatchStatus().patched.at(-1).streams, 'native');
  },
  async 'axios, patched'() {
    const { data } = await patch(axios.create()).post(`${origin}/echo`, { a: 1 });
    assert.deepEqual(data, { a: 1 });
  },
  async 'require()'() {
    assert.equal(createRequire(import.meta.url)('warmline').fetch, fetch);
  },
  async 'a worker'() {
    const worker = new Worker(
      `import('warmline').then(async ({ fetch }) => {
        const { parentPort, workerData } = require('node:worker_threads');
        parentPort.postMessage(await (await fetch(workerData)).text());
      })`,
      { eval: true, workerData: `${origin}/gzip` },
    );
    const text = await new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    assert.equal(text, 'small');
  },
};

for (const [name, use] of Object.entries(uses)) {
  await use();
  console.log(`${process.version}: ${name}`);
}
// What is left are idle connections, which keep no process alive.
server.close();
server.closeAllConnections();
