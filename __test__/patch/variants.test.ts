/**
 * Every package and every kind of client that is patched by its instance or by its class, beside one that is
 * not: the same requests at the server, the same values to the caller.
 */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import Anthropic from '@anthropic-ai/sdk';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import Anthropic0 from 'anthropic-0';
import Groq0 from 'groq-0';
import Groq from 'groq-sdk';
import OpenAI, { AzureOpenAI, toFile } from 'openai';
import OpenAI4, { AzureOpenAI as AzureOpenAI4 } from 'openai-4';
import OpenAI5, { AzureOpenAI as AzureOpenAI5 } from 'openai-5';
import OpenAI6, { AzureOpenAI as AzureOpenAI6 } from 'openai-6';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getPatchStatus, HttpClient, patch, unpatch, unpatchAll } from 'warmline';
import { bedrockChunk } from '../servers/aws-frames.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { described } from './differential.js';

// biome-ignore lint/suspicious/noExplicitAny: the majors differ in their types, and each deed knows what it calls.
type Client = any;
type ClientClass = new (options: object) => object;
type Deed = (client: Client) => Promise<unknown>;

const CHUNKS = ['Grü', 'ße ', '😀'].map((content) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
}));

const MESSAGE = [
  {
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      content: [],
      model: 'm',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße 😀' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
  { type: 'message_stop' },
];

const RUN = { id: 'run_1', object: 'thread.run', thread_id: 'thread_1', status: 'completed' };

const THREAD = [
  ['thread.created', { id: 'thread_1', object: 'thread' }],
  ['thread.run.created', { ...RUN, status: 'queued' }],
  ['thread.message.created', { id: 'msg_1', object: 'thread.message', content: [] }],
  [
    'thread.message.delta',
    {
      id: 'msg_1',
      object: 'thread.message.delta',
      delta: { content: [{ index: 0, type: 'text', text: { value: 'Grüße' } }] },
    },
  ],
  [
    'thread.message.completed',
    {
      id: 'msg_1',
      object: 'thread.message',
      content: [{ type: 'text', text: { value: 'Grüße', annotations: [] } }],
    },
  ],
  ['thread.run.completed', RUN],
] as const;

const events = (
  all: readonly object[],
  name: (each: object) => string | undefined = () => undefined,
) =>
  all
    .map((each) => {
      const named = name(each);
      return `${named === undefined ? '' : `event: ${named}\n`}data: ${JSON.stringify(each)}\n\n`;
    })
    .join('');

/** What each path is answered with: its type, and its bytes. */
function answerTo(path: string): [type: string, body: string | Buffer] {
  const stream = 'text/event-stream; charset=utf-8';
  if (path.includes('/chat/completions')) return [stream, `${events(CHUNKS)}data: [DONE]\n\n`];
  if (path.includes('/runs')) {
    const named = THREAD.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    return [stream, `${named.join('')}event: done\ndata: [DONE]\n\n`];
  }
  if (path.includes('/audio/speech')) return ['audio/mpeg', Buffer.from([0xff, 0xfb, 0x00, 0x80])];
  if (path.includes('/audio/transcriptions')) return ['application/json', '{"text":"Grüße"}'];
  if (path.includes('/files')) return ['application/json', '{"id":"file_1","object":"file"}'];
  if (path.includes('/results')) {
    return [
      'application/x-jsonl',
      ['1', '2'].map((id) => `{"custom_id":"${id}","é":[${id}]}\n`).join(''),
    ];
  }
  if (path.includes('/batches')) {
    return ['application/json', '{"id":"b","processing_status":"ended","results_url":"/results"}'];
  }
  if (path.includes('invoke-with-response-stream')) {
    return ['application/vnd.amazon.eventstream', Buffer.concat(MESSAGE.map(bedrockChunk))];
  }
  if (path.includes('essages') || path.includes(':streamRawPredict')) {
    return [stream, events(MESSAGE, (each) => (each as { type: string }).type)];
  }
  return ['application/json', '{"data":[{"id":"model","object":"model"}],"has_more":false}'];
}

let server: HttpServer;
let http: HttpClient;
/** Each request as far as it is the package's own doing. */
let requests: string[];

beforeEach(async () => {
  http = new HttpClient();
  requests = [];
  server = await httpServer(async (request, response) => {
    const body = (await buffer(request)).toString('latin1');
    const boundary = /boundary=(.*)/.exec(request.headers['content-type'] ?? '')?.[1];
    const plain = boundary === undefined ? body : formOf(body, boundary);
    const { authorization, 'api-key': key, 'x-api-key': own, accept } = request.headers;
    requests.push(
      JSON.stringify([request.method, request.url, authorization, key, own, accept, plain]),
    );
    const [type, bytes] = answerTo(request.url ?? '');
    response.writeHead(200, { 'content-type': type, 'x-request-id': 'r', 'request-id': 'r' });
    const answer = Buffer.from(bytes);
    response.write(answer.subarray(0, answer.length / 3), () =>
      setImmediate(() => response.end(answer.subarray(answer.length / 3))),
    );
  });
});

afterEach(async () => {
  unpatchAll();
  await http.close();
  await server[Symbol.asyncDispose]();
});

/** A form, without what is each sender's own: the boundary, the case of names, the length of a part. */
function formOf(body: string, boundary: string): string {
  const parts = body
    .replaceAll(boundary, 'b')
    .replace(/^content-[a-z]+:/gim, (name) => name.toLowerCase());
  return parts.replaceAll('; charset=utf-8', '').trimEnd();
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function outcome(deed: Deed, client: Client): Promise<unknown> {
  const before = requests.length;
  const value = await deed(client).catch(described);
  return { value: JSON.parse(JSON.stringify(value)), requests: requests.slice(before) };
}

const ASKED = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true };

const CHAT: [string, Deed][] = [
  ['a stream', async (client) => await all(await client.chat.completions.create(ASKED))],
  [
    'a stream with its response',
    async (client) => {
      const { data, response } = await client.chat.completions.create(ASKED).withResponse();
      return [response.status, response.headers.get('x-request-id'), await all(data)];
    },
  ],
  [
    'a stream that is split in two',
    async (client) => {
      const [left, right] = (await client.chat.completions.create(ASKED)).tee();
      return [await all(right), await all(left)];
    },
  ],
  [
    'a stream that is passed on',
    async (client) => {
      const stream = await client.chat.completions.create(ASKED);
      return await new Response(
        Readable.toWeb(Readable.from(stream.toReadableStream())) as never,
      ).text();
    },
  ],
  ['a list', async (client) => await all(await client.models.list())],
];

const OPENAI: [string, Deed][] = [
  ...CHAT,
  [
    "a thread's events",
    async (client) =>
      await all(await client.beta.threads.createAndRun({ assistant_id: 'a', stream: true })),
  ],
  [
    "a thread's events through the helper",
    async (client) => {
      const stream = client.beta.threads.createAndRunStream({ assistant_id: 'a' });
      const seen: unknown[] = [];
      stream.on('textDelta', (delta: object, snapshot: object) =>
        seen.push([delta, { ...snapshot }]),
      );
      const heard = await all(stream);
      return { seen, heard, run: await stream.finalRun(), messages: await stream.finalMessages() };
    },
  ],
  [
    'the transcription of an upload',
    async (client) => {
      const file = await toFile(Buffer.from('sound'), 'a.mp3');
      return await client.audio.transcriptions.create({ file, model: 'm' });
    },
  ],
  [
    'speech',
    async (client) => {
      const speech = await client.audio.speech.create({ model: 'm', voice: 'alloy', input: 'Hi' });
      return [...Buffer.from(await speech.arrayBuffer())];
    },
  ],
  [
    'the upload of a file',
    async (client) => {
      const file = await toFile(Buffer.from('{"a":1}'), 'a.jsonl', { type: 'application/jsonl' });
      return await client.files.create({ file, purpose: 'batch' });
    },
  ],
];

const MESSAGES: [string, Deed][] = [
  [
    'a stream',
    async (client) => await all(await client.messages.create({ ...ASKED, max_tokens: 5 })),
  ],
  [
    'a stream with its response',
    async (client) => {
      const { data, response } = await client.messages
        .create({ ...ASKED, max_tokens: 5 })
        .withResponse();
      return [response.status, response.headers.get('request-id'), await all(data)];
    },
  ],
  [
    'a stream through the helper',
    async (client) => {
      const { stream: _, ...asked } = ASKED;
      const stream = client.messages.stream({ ...asked, max_tokens: 5 });
      return { heard: await all(stream), message: await stream.finalMessage() };
    },
  ],
  [
    'a stream that is split in two',
    async (client) => {
      const [left, right] = (await client.messages.create({ ...ASKED, max_tokens: 5 })).tee();
      return [await all(right), await all(left)];
    },
  ],
];

const BATCHES: [string, Deed] = [
  'the results of a batch',
  async (client) => await all(await client.messages.batches.results('b')),
];

const azure = { apiVersion: '2024-10-21', deployment: 'd' };

interface Variant {
  readonly from: ClientClass;
  readonly deeds: [string, Deed][];
  readonly options?: object;
  /** Who decodes its streams. */
  readonly streams: 'native' | 'transport';
}

const VARIANTS: [string, Variant][] = [
  ['openai 7', { from: OpenAI, deeds: OPENAI, streams: 'native' }],
  ['openai 6', { from: OpenAI6, deeds: OPENAI, streams: 'native' }],
  ['openai 5', { from: OpenAI5, deeds: OPENAI, streams: 'native' }],
  ['openai 4', { from: OpenAI4, deeds: OPENAI, streams: 'native' }],
  [
    'AzureOpenAI of openai 7',
    { from: AzureOpenAI, deeds: OPENAI, options: azure, streams: 'native' },
  ],
  [
    'AzureOpenAI of openai 6',
    { from: AzureOpenAI6, deeds: OPENAI, options: azure, streams: 'native' },
  ],
  [
    'AzureOpenAI of openai 5',
    { from: AzureOpenAI5, deeds: OPENAI, options: azure, streams: 'native' },
  ],
  [
    'AzureOpenAI of openai 4',
    { from: AzureOpenAI4, deeds: OPENAI, options: azure, streams: 'native' },
  ],
  ['@anthropic-ai/sdk 1', { from: Anthropic, deeds: [...MESSAGES, BATCHES], streams: 'native' }],
  ['@anthropic-ai/sdk 0', { from: Anthropic0, deeds: [...MESSAGES, BATCHES], streams: 'native' }],
  [
    '@anthropic-ai/bedrock-sdk',
    { from: AnthropicBedrock, deeds: MESSAGES, options: { apiKey: 'k' }, streams: 'transport' },
  ],
  [
    '@anthropic-ai/vertex-sdk',
    {
      from: AnthropicVertex,
      deeds: MESSAGES,
      options: {
        apiKey: undefined,
        region: 'r',
        projectId: 'p',
        authClient: {
          getRequestHeaders: async () => new Headers({ authorization: 'Bearer v' }),
          projectId: 'p',
        },
      },
      streams: 'native',
    },
  ],
  ['groq-sdk 1', { from: Groq, deeds: CHAT, streams: 'transport' }],
  ['groq-sdk 0', { from: Groq0, deeds: CHAT, streams: 'transport' }],
] as unknown as [string, Variant][];

/** Whatever else is open by then is another test's. */
const patched = () =>
  getPatchStatus().patched.map(({ streams, statistics }) => ({ streams, statistics }));

describe.each(VARIANTS)('%s', (_, { from: Class, deeds, options, streams }) => {
  const make = () =>
    new Class({ apiKey: 'sk-test', baseURL: server.origin, maxRetries: 0, ...options }) as Client;

  it.each(deeds)(
    'gives, patched by its instance or its class, what it gives without: %s',
    async (__, deed) => {
      const expected = await outcome(deed, make());
      expect((expected as { requests: string[] }).requests.length).toBeGreaterThan(0);
      const client = patch(make(), { client: http });
      expect(await outcome(deed, client)).toEqual(expected);
      const count = http.getPoolMetrics().totalRequests;
      expect(count).toBeGreaterThan(0);
      unpatch(client);
      patch(Class, { client: http });
      expect(await outcome(deed, make())).toEqual(expected);
      expect(http.getPoolMetrics().totalRequests).toBe(2 * count);
    },
  );

  it('has clients made from a patched one, and from a patched class, patched', async () => {
    const [, deed] = deeds[0] as [string, Deed];
    const derivedOf = (client: Client) =>
      typeof client.withOptions === 'function'
        ? client.withOptions({ timeout: 5000, ...options })
        : make();
    patch(Class, { client: http });
    class Mine extends Class {}
    const own = new Mine({ apiKey: 'sk-test', baseURL: server.origin, ...options });
    for (const client of [make(), derivedOf(make()), own]) await deed(client);
    expect(http.getPoolMetrics().totalRequests).toBe(3);
    expect(patched()).toMatchObject([
      { streams: streams === 'native' ? 'native' : expect.anything() },
    ]);
    unpatch(Class);
    const client = patch(make(), { client: http });
    await deed(client);
    const count = http.getPoolMetrics().totalRequests;
    await deed(derivedOf(client));
    const derives = typeof client.withOptions === 'function' ? 1 : 0;
    expect(http.getPoolMetrics().totalRequests).toBe(count + derives);
  });

  it('keeps a fetch that a client brings along', async () => {
    const [, deed] = deeds[0] as [string, Deed];
    let calls = 0;
    const own = (input: string, init: RequestInit) => {
      calls++;
      return fetch(input, init);
    };
    patch(Class, { client: http });
    const bringing = { apiKey: 'sk-test', baseURL: server.origin, ...options, fetch: own };
    await deed(new Class(bringing));
    expect(calls).toBe(1);
    expect(http.getPoolMetrics().totalRequests).toBe(0);
  });
});
