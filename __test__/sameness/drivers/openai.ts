import OpenAI, { toFile } from 'openai';
import OpenAI4 from 'openai-4';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';
import type { Sdk, Setting, Way } from '../trace.js';
import { listen } from './emitter.js';

const options = ({ origin, logger, maxRetries, timeout }: Setting) => ({
  apiKey: 'k',
  baseURL: `${origin}/v1`,
  logger,
  logLevel: 'warn' as const,
  maxRetries,
  timeout,
});

/** The newest. */
export const openai: Sdk<OpenAI> = {
  name: 'openai 7',
  plain: (setting) => new OpenAI(options(setting)),
};

/** The majors before it: what is done with them here, they have in common with it. */
export const openai6: Sdk<OpenAI> = {
  name: 'openai 6',
  plain: (setting) => new OpenAI6(options(setting)) as unknown as OpenAI,
};

export const openai5: Sdk<OpenAI> = {
  name: 'openai 5',
  plain: (setting) => new OpenAI5(options(setting)) as unknown as OpenAI,
};

/** It brings a fetch of its own, with words and headers of its own; so this one has Node's. */
export const openai4: Sdk<OpenAI> = {
  name: 'openai 4',
  plain: (setting) =>
    new OpenAI4({ ...options(setting), fetch: fetch as never }) as unknown as OpenAI,
};

/** Version 4 with the fetch that it brings: no twin in all its words, but in what becomes of a form. */
export const openai4AsItIs: Sdk<OpenAI> = {
  name: 'openai 4 with node-fetch',
  plain: (setting) => new OpenAI4(options(setting)) as unknown as OpenAI,
};

const MESSAGES = [{ role: 'user' as const, content: 'Wie heißt du? 你好 👋' }];
const CHAT = { model: 'm', messages: MESSAGES };
const INPUT = { model: 'm', input: 'Wie heißt du? 你好 👋' };
const FILE = () => toFile(Buffer.from('{"a":"ü"}\n'), 'bätch "1".jsonl', { type: 'text/plain' });

type OpenAIWay = Way<OpenAI>;

/** Streams of chat completions. */
export const chatStreamed: OpenAIWay = {
  name: 'chat.completions.create(), streamed',
  run: async (client, { options, each }) =>
    each(await client.chat.completions.create({ ...CHAT, stream: true }, options)),
};

export const chat: OpenAIWay = {
  name: 'chat.completions.create()',
  run: (client, { options }) => client.chat.completions.create(CHAT, options),
};

const SAID_OF_CHAT = [
  'connect',
  'content',
  'content.delta',
  'content.done',
  'refusal.delta',
  'refusal.done',
  'tool_calls.function.arguments.delta',
  'tool_calls.function.arguments.done',
  'logprobs.content.delta',
  'message',
  'finalChatCompletion',
  'finalContent',
  'finalMessage',
  'functionToolCall',
  'totalUsage',
  'error',
  'abort',
  'end',
] as const;

/** The accumulating helper: all that it says, with its snapshots. */
export const chatHelper: OpenAIWay = {
  name: 'chat.completions.stream()',
  async run(client, run) {
    const helper = helpersOf(client).completions.stream(
      { ...CHAT, stream_options: { include_usage: true } },
      run.options,
    );
    listen(helper, SAID_OF_CHAT, run);
    helper.on('chunk', (chunk, snapshot) => {
      if (run.value([chunk, snapshot])) helper.abort();
    });
    await helper.done().catch(run.note);
    return [await helper.finalChatCompletion().catch((error: unknown) => error), helper.aborted];
  },
};

/** Version 4 has them elsewhere. */
function helpersOf(client: OpenAI): OpenAI['chat'] {
  if ('stream' in client.chat.completions) return client.chat;
  return (client.beta as unknown as OpenAI).chat;
}

export const responsesStreamed: OpenAIWay = {
  name: 'responses.create(), streamed',
  run: async (client, { options, each }) =>
    each(await client.responses.create({ ...INPUT, stream: true }, options)),
};

export const responses: OpenAIWay = {
  name: 'responses.create()',
  run: async (client, { options }) => {
    const response = await client.responses.create(INPUT, options);
    return [response, response.output_text];
  },
};

export const responsesHelper: OpenAIWay = {
  name: 'responses.stream()',
  async run(client, run) {
    const helper = client.responses.stream(INPUT, run.options);
    listen(helper, ['connect', 'response.output_text.delta', 'error', 'abort', 'end'], run);
    helper.on('event', (event) => {
      if (run.value(event)) helper.abort();
    });
    await helper.done().catch(run.note);
    return await helper.finalResponse().catch((error: unknown) => error);
  },
};

/** Other things to do with a stream of a chat completion. */
export const STREAMS_OTHERWISE: readonly OpenAIWay[] = [
  {
    name: 'tee()',
    async run(client, run) {
      const stream = await client.chat.completions.create({ ...CHAT, stream: true }, run.options);
      const [left, right] = stream.tee();
      const read = async (half: AsyncIterable<unknown>) => {
        const values: unknown[] = [];
        for await (const value of half) values.push(value);
        return values;
      };
      return await Promise.allSettled([read(left), read(right)]);
    },
  },
  {
    name: 'toReadableStream()',
    async run(client, { options }) {
      const stream = await client.chat.completions.create({ ...CHAT, stream: true }, options);
      return await new Response(stream.toReadableStream()).text();
    },
  },
  {
    name: 'withResponse(), streamed',
    async run(client, { options, each, note }) {
      const { data, response, request_id } = await client.chat.completions
        .create({ ...CHAT, stream: true }, options)
        .withResponse();
      note([response, request_id]);
      await each(data);
      return response;
    },
  },
  {
    name: 'asResponse(), streamed',
    async run(client, { options, note }) {
      const response = await client.chat.completions
        .create({ ...CHAT, stream: true }, options)
        .asResponse();
      note(response);
      note(await response.text());
      return response;
    },
  },
];

/** Answers that come as a whole. */
export const WHOLES: readonly OpenAIWay[] = [
  chat,
  {
    name: 'withResponse()',
    async run(client, { options }) {
      const { data, response, request_id } = await client.chat.completions
        .create(CHAT, options)
        .withResponse();
      return [data, response, request_id];
    },
  },
  {
    name: 'asResponse()',
    async run(client, { options, note }) {
      const response = await client.chat.completions.create(CHAT, options).asResponse();
      note(response);
      note(await response.clone().text());
      note(await response.json());
      return response;
    },
  },
  responses,
  {
    name: 'completions.create()',
    run: (client, { options }) => client.completions.create({ model: 'm', prompt: 'Hi' }, options),
  },
  {
    name: 'chat.completions.parse()',
    run: (client, { options }) =>
      helpersOf(client).completions.parse(
        { ...CHAT, response_format: { type: 'json_object' } },
        options,
      ),
  },
  {
    name: 'moderations.create()',
    run: (client, { options }) => client.moderations.create({ input: 'é' }, options),
  },
];

/** Requests whose answers are of a kind of their own. */
export const completionsStreamed: OpenAIWay = {
  name: 'completions.create(), streamed',
  run: async (client, { options, each }) =>
    each(await client.completions.create({ model: 'm', prompt: 'Hi', stream: true }, options)),
};

export const embeddings: OpenAIWay = {
  name: 'embeddings.create()',
  run: (client, { options }) =>
    client.embeddings.create({ model: 'm', input: ['a', 'é'] }, options),
};

export const models: OpenAIWay = {
  name: 'models.list()',
  run: (client, { options, each }) => each(client.models.list(options)),
};

export const files: OpenAIWay = {
  name: 'files.list()',
  run: (client, { options, each }) => each(client.files.list({ limit: 2 }, options)),
};

export const upload: OpenAIWay = {
  name: 'files.create()',
  run: async (client, { options }) =>
    client.files.create({ purpose: 'batch', file: await FILE() }, options),
};

export const deletion: OpenAIWay = {
  name: 'files.delete()',
  run: (client, { options }) => {
    const resource = client.files as unknown as Record<string, OpenAI['files']['delete']>;
    const remove = resource['delete'] ?? resource['del'];
    return (remove as OpenAI['files']['delete']).call(client.files, 'file 1/ü', options);
  },
};

export const speech: OpenAIWay = {
  name: 'audio.speech.create()',
  async run(client, { options, note }) {
    const response = await client.audio.speech.create(
      { model: 'm', voice: 'alloy', input: 'Hi' },
      options,
    );
    note(response);
    return new Uint8Array(await response.arrayBuffer());
  },
};

export const content: OpenAIWay = {
  name: 'files.content()',
  async run(client, { options }) {
    const response = await client.files.content('f', options);
    const parts: Uint8Array[] = [];
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>)
      parts.push(part);
    return Buffer.concat(parts);
  },
};

export const transcription: OpenAIWay = {
  name: 'audio.transcriptions.create()',
  run: async (client, { options }) =>
    client.audio.transcriptions.create({ model: 'm', file: await FILE() }, options),
};

export const transcriptionStreamed: OpenAIWay = {
  name: 'audio.transcriptions.create(), streamed',
  run: async (client, { options, each }) =>
    each(
      await client.audio.transcriptions.create(
        { model: 'm', file: await FILE(), stream: true },
        options,
      ),
    ),
};
