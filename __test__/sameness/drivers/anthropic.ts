import Anthropic, { toFile } from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-0';
import type { Sdk, Setting, Way } from '../trace.js';
import { listen } from './emitter.js';

const options = ({ origin, logger, maxRetries, timeout }: Setting) => ({
  apiKey: 'k',
  baseURL: origin,
  logger,
  logLevel: 'warn' as const,
  maxRetries,
  timeout,
});

/** The newest. */
export const anthropic: Sdk<Anthropic> = {
  name: '@anthropic-ai/sdk 1',
  plain: (setting) => new Anthropic(options(setting)),
};

/** The major before it. */
export const anthropic0: Sdk<Anthropic> = {
  name: '@anthropic-ai/sdk 0',
  plain: (setting) => new Anthropic0(options(setting)) as unknown as Anthropic,
};

const QUESTION = {
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'Wie heißt du? 你好 👋' }],
};

type AnthropicWay = Way<Anthropic>;

export const messagesStreamed: AnthropicWay = {
  name: 'messages.create(), streamed',
  run: async (client, { options, each }) =>
    each(await client.messages.create({ ...QUESTION, stream: true }, options)),
};

const SAID = [
  'connect',
  'text',
  'citation',
  'inputJson',
  'thinking',
  'signature',
  'message',
  'contentBlock',
  'finalMessage',
  'error',
  'abort',
  'end',
];

/** The accumulating helper: all that it says, with its snapshots. */
export const messagesHelper: AnthropicWay = {
  name: 'messages.stream()',
  async run(client, run) {
    const helper = client.messages.stream(QUESTION, run.options);
    listen(helper, SAID, run);
    helper.on('streamEvent', (event, snapshot) => {
      if (run.value([event, snapshot])) helper.abort();
    });
    await helper.done().catch(run.note);
    const final = await helper.finalMessage().catch((error: unknown) => error);
    return [final, helper.aborted, helper.request_id];
  },
};

export const messages: AnthropicWay = {
  name: 'messages.create()',
  run: (client, { options }) => client.messages.create(QUESTION, options),
};

/** Streams, used otherwise. */
export const STREAMS_OTHERWISE: readonly AnthropicWay[] = [
  {
    name: 'beta.messages.create(), streamed',
    run: async (client, { options, each }) =>
      each(
        await client.beta.messages.create({ ...QUESTION, stream: true, betas: ['b-1'] }, options),
      ),
  },
  {
    name: 'beta.messages.stream()',
    run: (client, { options }) => client.beta.messages.stream(QUESTION, options).finalMessage(),
  },
  {
    name: 'withResponse(), streamed',
    async run(client, { options, each, note }) {
      const { data, response, request_id } = await client.messages
        .create({ ...QUESTION, stream: true }, options)
        .withResponse();
      note([response, request_id]);
      await each(data);
      return response;
    },
  },
  {
    name: 'asResponse(), streamed',
    async run(client, { options, note }) {
      const response = await client.messages
        .create({ ...QUESTION, stream: true }, options)
        .asResponse();
      note(response);
      note(await response.text());
      return response;
    },
  },
  {
    name: 'toReadableStream()',
    async run(client, { options }) {
      const stream = await client.messages.create({ ...QUESTION, stream: true }, options);
      return await new Response(stream.toReadableStream()).text();
    },
  },
];

/** Answers that come as a whole. */
export const WHOLES: readonly AnthropicWay[] = [
  messages,
  {
    name: 'withResponse()',
    async run(client, { options }) {
      const { data, response, request_id } = await client.messages
        .create(QUESTION, options)
        .withResponse();
      return [data, response, request_id];
    },
  },
  {
    name: 'messages.countTokens()',
    run: (client, { options }) => {
      const { max_tokens: _, ...question } = QUESTION;
      return client.messages.countTokens(question, options);
    },
  },
];

export const models: AnthropicWay = {
  name: 'models.list()',
  run: (client, { options, each }) => each(client.models.list({ limit: 2 }, options)),
};

export const batchResults: AnthropicWay = {
  name: 'messages.batches.results()',
  run: async (client, { options, each }) =>
    each(await client.messages.batches.results('batch_1', {}, options)),
};

export const upload: AnthropicWay = {
  name: 'beta.files.upload()',
  run: async (client, { options }) => {
    const file = await toFile(Buffer.from('ü'), 'bätch "1".txt', { type: 'text/plain' });
    return client.beta.files.upload({ file }, options);
  },
};
