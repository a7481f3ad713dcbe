import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import { generateText, streamText } from 'ai';
import { CohereClientV2 } from 'cohere-ai';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getPatchStatus, HttpClient, patch, unpatch } from 'warmline';
import { type HttpServer, httpServer } from '../servers/http.js';
import { type Provider, startProvider } from '../servers/provider.js';

/** The APIs that the mock provider does not speak: JSON by path, and streams line by line. */
const ANSWERS: Record<string, readonly object[]> = {
  '/api/chat': [
    {
      model: 'm',
      created_at: '2026-01-01T00:00:00Z',
      message: { role: 'assistant', content: 'Hel' },
      done: false,
    },
    {
      model: 'm',
      created_at: '2026-01-01T00:00:00Z',
      message: { role: 'assistant', content: 'lo' },
      done: true,
    },
  ],
  '/v1/models/m:generateContent': [
    {
      candidates: [
        { content: { role: 'model', parts: [{ text: 'Hello' }] }, finishReason: 'STOP' },
      ],
    },
  ],
  '/v1/models/m:streamGenerateContent': [
    { candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] } }] },
    { candidates: [{ content: { role: 'model', parts: [{ text: 'lo' }] }, finishReason: 'STOP' }] },
  ],
  '/v2/chat': [
    {
      id: '1',
      finish_reason: 'COMPLETE',
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
    },
  ],
};

let other: HttpServer;
let provider: Provider;
let http: HttpClient;

beforeEach(async () => {
  http = new HttpClient();
  provider = await startProvider();
  other = await httpServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://server').pathname;
    const answer = ANSWERS[path] ?? [{ error: `no such path: ${path}` }];
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const status = path in ANSWERS ? 200 : 404;
      if (path.endsWith(':streamGenerateContent')) {
        response.writeHead(status, { 'content-type': 'text/event-stream' });
        for (const event of answer) response.write(`data: ${JSON.stringify(event)}\r\n\r\n`);
        response.end();
      } else if (path === '/api/chat' && JSON.parse(body).stream === true) {
        response.writeHead(status, { 'content-type': 'application/x-ndjson' });
        for (const event of answer) response.write(`${JSON.stringify(event)}\n`);
        response.end();
      } else {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer.at(-1)));
      }
    });
  });
});

afterEach(async () => {
  unpatch();
  await http.close();
  await other[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

async function gathered<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

const HI = [{ role: 'user' as const, content: 'Hi' }];

interface Case {
  make(): object;
  // biome-ignore lint/suspicious/noExplicitAny: each case knows its own client.
  whole(client: any): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  streamed(client: any): Promise<unknown>;
}

const CASES: Record<string, Case> = {
  ollama: {
    make: () => new Ollama({ host: other.origin }),
    whole: async (client: Ollama) => client.chat({ model: 'm', messages: HI }),
    streamed: async (client: Ollama) =>
      gathered(await client.chat({ model: 'm', messages: HI, stream: true })),
  },
  'groq-sdk': {
    make: () => new Groq({ apiKey: 'k', baseURL: `${provider.origin}` }),
    whole: async (client: Groq) => {
      const answer = await client.post('/v1/chat/completions', {
        body: { model: 'mock-small', messages: HI },
      });
      return (answer as Groq.Chat.ChatCompletion).choices;
    },
    streamed: async (client: Groq) => {
      const stream = await client.post('/v1/chat/completions', {
        body: { model: 'mock-small', messages: HI, stream: true },
        stream: true,
      });
      const chunks = await gathered(stream as AsyncIterable<Groq.Chat.ChatCompletionChunk>);
      return chunks.map(({ choices }) => choices);
    },
  },
  'cohere-ai': {
    make: () => new CohereClientV2({ token: 'k', environment: other.origin }),
    whole: async (client: CohereClientV2) => client.chat({ model: 'm', messages: HI }),
    streamed: async (client: CohereClientV2) => client.chat({ model: 'm', messages: HI }),
  },
  '@google/genai': {
    make: () => new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: other.origin } }),
    whole: async (client: GoogleGenAI) =>
      (await client.models.generateContent({ model: 'm', contents: 'Hi' })).text,
    streamed: async (client: GoogleGenAI) => {
      const chunks = await client.models.generateContentStream({ model: 'm', contents: 'Hi' });
      return (await gathered(chunks)).map(({ text }) => text);
    },
  },
  '@langchain/openai': {
    make: () =>
      new ChatOpenAI({
        apiKey: 'k',
        model: 'mock-small',
        configuration: { baseURL: `${provider.origin}/v1` },
      }),
    whole: async (model: ChatOpenAI) => (await model.invoke('Hi')).content,
    streamed: async (model: ChatOpenAI) =>
      (await gathered(await model.stream('Hi'))).map(({ content }) => content),
  },
  '@langchain/anthropic': {
    make: () =>
      new ChatAnthropic({ apiKey: 'k', model: 'claude-mock', anthropicApiUrl: provider.origin }),
    whole: async (model: ChatAnthropic) => (await model.invoke('Hi')).content,
    streamed: async (model: ChatAnthropic) =>
      (await gathered(await model.stream('Hi'))).map(({ content }) => content),
  },
};

describe.each(Object.entries(CASES))('%s', (_, { make, whole, streamed }) => {
  it('gives on the engine what it gives without', async () => {
    const plain = [await whole(make()), await streamed(make())];
    const client = patch(make(), { client: http });
    expect([await whole(client), await streamed(client)]).toEqual(plain);
    expect(http.getPoolMetrics().totalRequests).toBe(2);
    unpatch(client);
  });

  it('is unpatched to the property descriptor', async () => {
    const client = make();
    const before = everything(client);
    expect(patch(client, { client: http })).toBe(client);
    expect(everything(client)).not.toEqual(before);
    expect(unpatch(client)).toBe(true);
    expect(everything(client)).toEqual(before);
    expect(getPatchStatus().patched).toEqual([]);
    await whole(client);
    expect(http.getPoolMetrics().totalRequests).toBe(0);
  });
});

/** The properties of a client and of all objects that it holds, by their paths. */
function everything(client: object): Map<string, PropertyDescriptor> {
  const all = new Map<string, PropertyDescriptor>();
  const seen = new Set<object>();
  const visit = (path: string, value: unknown) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      const { value: held, ...flags } = property;
      const isLeaf = typeof held !== 'object' || held === null;
      all.set(`${path}.${name}`, isLeaf ? property : flags);
      visit(`${path}.${name}`, held);
    }
  };
  visit('', client);
  return all;
}

describe('a chat model of LangChain', () => {
  it('gives its engine to the clients that it makes when it needs them, and their streams are native', async () => {
    const model = CASES['@langchain/openai']?.make() as ChatOpenAI;
    patch(model, { client: http });
    expect(getPatchStatus().patched).toMatchObject([
      { kind: 'client', name: 'ChatOpenAI', streams: 'untried' },
    ]);
    await gathered(await model.stream('Hi'));
    expect(getPatchStatus().patched[0]).toMatchObject({
      kind: 'client',
      name: 'ChatOpenAI',
      streams: 'native',
      statistics: { calls: 1, streams: 1 },
    });
    unpatch(model);
    expect(getPatchStatus().patched).toEqual([]);
    await model.invoke('Hi');
    expect(http.getPoolMetrics().totalRequests).toBe(1);
  });

  it('gives its engine to the models that are made of it', async () => {
    const model = patch(CASES['@langchain/openai']?.make() as ChatOpenAI, { client: http });
    const structured = model.withConfig({ stop: ['x'] });
    await structured.invoke('Hi');
    expect(http.getPoolMetrics().totalRequests).toBe(1);
    unpatch(model);
  });
});

describe('what keeps its fetch to itself', () => {
  it('is a Mistral client, and it is said what to do instead', async () => {
    const mistral = new Mistral({ apiKey: 'k', serverURL: provider.origin });
    expect(() => patch(mistral)).toThrow(/new HTTPClient\(\{ fetcher: fetch \}\)/);
    const httpClient = new HTTPClient({ fetcher: (input, init) => http.fetch(input, init) });
    const advised = new Mistral({ apiKey: 'k', serverURL: provider.origin, httpClient });
    const answer = await advised.chat.complete({ model: 'mock-small', messages: HI });
    expect(answer.choices?.[0]?.message?.content).toBeTruthy();
    expect(http.getPoolMetrics().totalRequests).toBe(1);
  });

  it('is a provider of the AI SDK: it takes a fetch, or the global one', async () => {
    const options = { apiKey: 'k', baseURL: `${provider.origin}/v1` };
    const plain = createOpenAI(options);
    expect(() => patch(plain)).toThrow(/createOpenAI\(\{ fetch \}\)/);
    const warm = createOpenAI({ ...options, fetch: (input, init) => http.fetch(input, init) });
    const read = async (openai: typeof plain) => {
      const model = openai.chat('mock-small');
      const { text } = await generateText({ model, prompt: 'Hi' });
      return [text, await gathered(streamText({ model, prompt: 'Hi' }).textStream)];
    };
    expect(await read(warm)).toEqual(await read(plain));
    expect(http.getPoolMetrics().totalRequests).toBe(2);
    patch(undefined, { client: http });
    await read(plain);
    expect(http.getPoolMetrics().totalRequests).toBe(4);
  });
});
