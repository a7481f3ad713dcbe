import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { patch } from 'warmline';
import { type Provider, startProvider } from '../servers/provider.js';
import { all } from './clients.js';

type Deed = (client: Anthropic, provider: Provider) => Promise<unknown>;

const QUESTION = {
  model: 'mock-large',
  max_tokens: 64,
  messages: [{ role: 'user' as const, content: 'Wie heißt du? 👋' }],
};

const knobs = (settings: Record<string, string | number>) => ({
  headers: Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`x-mock-${name}`, String(value)]),
  ),
});

const DEEDS: [string, Deed][] = [
  ['a message', (client) => client.messages.create(QUESTION)],
  [
    'a streamed message',
    async (client) => await all(await client.messages.create({ ...QUESTION, stream: true })),
  ],
  [
    'a stream through the helper',
    async (client) => {
      const stream = client.messages.stream(QUESTION);
      const events = await all(stream);
      return { events, text: await stream.finalText(), message: await stream.finalMessage() };
    },
  ],
  [
    'the response with its data',
    async (client) => {
      const { data, response, request_id } = await client.messages.create(QUESTION).withResponse();
      return { data, request_id, status: response.status, bodyUsed: response.bodyUsed };
    },
  ],
  ['a list', async (client) => await all(client.models.list())],
  ['status 400', (client) => client.messages.create(QUESTION, knobs({ status: 400 }))],
  ['status 529, tried again', (client) => client.messages.create(QUESTION, knobs({ status: 529 }))],
  [
    'an abort in the middle of a stream',
    async (client, provider) => {
      const stream = await client.messages.create(
        { ...QUESTION, stream: true },
        knobs({ 'stall-after': 4 }),
      );
      const types: string[] = [];
      for await (const { type } of stream) {
        types.push(type);
        if (types.length === 3) stream.controller.abort();
      }
      await provider.until(({ streams_open }) => streams_open === 0);
      return types.slice(0, 3);
    },
  ],
];

describe('a patched Anthropic client gives', () => {
  it.each(DEEDS)('%s as one that is not', async (_, deed) => {
    const [plain, patched] = await Promise.all([
      outcome(deed, (client) => client),
      outcome(deed, (client) => patch(client)),
    ]);
    expect(patched).toEqual(plain);
    expect(plain.requests).toBeGreaterThan(0);
  });
});

async function outcome(deed: Deed, prepare: (client: Anthropic) => Anthropic) {
  await using provider = await startProvider();
  const client = prepare(new Anthropic({ apiKey: 'sk-test', baseURL: provider.origin }));
  let result: unknown;
  try {
    result = await deed(client, provider);
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const { name, message, status, requestID, error: body } = error;
    result = { class: error.constructor.name, name, message, status, requestID, body };
  }
  return { result, requests: (await provider.stats()).requests };
}
