import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import * as ai7 from 'ai';
import * as ai6 from 'ai-6';
import { createOpenAI as createOpenAI3 } from 'ai-sdk-openai-3';
import { CohereClientV2 as Cohere7 } from 'cohere-7';
import { CohereClientV2 } from 'cohere-ai';
import { GoogleGenAI as GoogleGenAI2 } from 'google-genai-2';
import Groq, { toFile } from 'groq-sdk';
import { Mistral as Mistral1 } from 'mistral-1';
import { HTTPClient as HTTPClient1 } from 'mistral-1/lib/http.js';
import { Ollama } from 'ollama';
import { fetch as engineFetch } from 'warmline';
import type { Sdk, Setting, Way } from '../trace.js';

const TEXT = 'Wie heißt du? 你好 👋';
const MESSAGES = [{ role: 'user' as const, content: TEXT }];
const CHAT = { model: 'm', messages: MESSAGES };

export const groq: Sdk<Groq> = {
  name: 'groq-sdk',
  plain: ({ origin, logger, maxRetries, timeout }) =>
    new Groq({ apiKey: 'k', baseURL: origin, logger, logLevel: 'warn', maxRetries, timeout }),
};

export const groqChat: Way<Groq> = {
  name: 'chat.completions.create()',
  run: (client, { options }) => client.chat.completions.create(CHAT, options),
};

export const groqStreamed: Way<Groq> = {
  name: 'chat.completions.create(), streamed',
  run: async (client, { options, each }) =>
    each(await client.chat.completions.create({ ...CHAT, stream: true }, options)),
};

export const groqUpload: Way<Groq> = {
  name: 'audio.transcriptions.create()',
  run: async (client, { options }) => {
    const file = await toFile(Buffer.from('ü'), 'a.mp3');
    return client.audio.transcriptions.create({ model: 'whisper-large-v3', file }, options);
  },
};

export const ollama: Sdk<Ollama> = {
  name: 'ollama',
  plain: ({ origin }) => new Ollama({ host: origin }),
};

export const ollamaChat: Way<Ollama> = {
  name: 'chat()',
  run: (client) => client.chat(CHAT),
};

/** It has no signals, but a method. */
export const ollamaStreamed: Way<Ollama> = {
  name: 'chat(), streamed',
  async run(client, { options, each }) {
    options.signal?.addEventListener('abort', () => client.abort());
    await each(await client.chat({ ...CHAT, stream: true }));
  },
};

export const OLLAMAS: readonly Way<Ollama>[] = [
  ollamaChat,
  { name: 'list()', run: (client) => client.list() },
  { name: 'embed()', run: (client) => client.embed({ model: 'm', input: TEXT }) },
  { name: 'delete()', run: (client) => client.delete({ model: 'm' }) },
];

const cohereOf = ({ origin, maxRetries, timeout }: Setting) => ({
  token: 'k',
  environment: origin,
  maxRetries,
  timeoutInSeconds: timeout / 1000,
});

export const cohere: Sdk<CohereClientV2> = {
  name: 'cohere-ai 8',
  plain: (setting) => new CohereClientV2(cohereOf(setting)),
};

/** The major before it. */
export const cohere7: Sdk<CohereClientV2> = {
  name: 'cohere-ai 7',
  plain: (setting) => new Cohere7(cohereOf(setting)) as unknown as CohereClientV2,
};

const cohereOptions = ({ signal }: { signal?: AbortSignal }) =>
  signal === undefined ? {} : { abortSignal: signal };

export const cohereChat: Way<CohereClientV2> = {
  name: 'chat()',
  run: (client, { options }) => client.chat(CHAT, cohereOptions(options)),
};

export const cohereStreamed: Way<CohereClientV2> = {
  name: 'chatStream()',
  run: async (client, { options, each }) =>
    each(await client.chatStream(CHAT, cohereOptions(options))),
};

export const cohereEmbed: Way<CohereClientV2> = {
  name: 'embed()',
  run: (client, { options }) =>
    client.embed(
      { model: 'm', inputType: 'search_query', embeddingTypes: ['float'], texts: [TEXT] },
      cohereOptions(options),
    ),
};

const googleOf = ({ origin, timeout, maxRetries }: Setting) => ({
  apiKey: 'k',
  httpOptions: {
    baseUrl: origin,
    timeout,
    retryOptions: { attempts: maxRetries + 1, initialDelay: 0.01 },
  },
});

export const google: Sdk<GoogleGenAI> = {
  name: '@google/genai 3',
  plain: (setting) => new GoogleGenAI(googleOf(setting)),
};

/** The major before it. Version 1 has no fetch to replace but the global one. */
export const google2: Sdk<GoogleGenAI> = {
  name: '@google/genai 2',
  plain: (setting) => new GoogleGenAI2(googleOf(setting)) as unknown as GoogleGenAI,
};

const googleConfig = ({ signal }: { signal?: AbortSignal }) =>
  signal === undefined ? {} : { config: { abortSignal: signal } };

export const googleGenerate: Way<GoogleGenAI> = {
  name: 'models.generateContent()',
  async run(client, { options }) {
    const question = { model: 'm', contents: TEXT, ...googleConfig(options) };
    const response = await client.models.generateContent(question);
    return [response, response.text, response.functionCalls];
  },
};

export const googleStreamed: Way<GoogleGenAI> = {
  name: 'models.generateContentStream()',
  async run(client, { options, each }) {
    const question = { model: 'm', contents: TEXT, ...googleConfig(options) };
    await each(await client.models.generateContentStream(question));
  },
};

export const googleEmbed: Way<GoogleGenAI> = {
  name: 'models.embedContent()',
  run: (client) => client.models.embedContent({ model: 'm', contents: TEXT }),
};

const mistralOf = (setting: Setting) => ({
  apiKey: 'k',
  serverURL: setting.origin,
  timeoutMs: setting.timeout,
  retryConfig: { strategy: 'none' as const },
});

const fetcher = engineFetch as never;

/** It keeps its fetch to itself, so it is made with another. */
export const mistral: Sdk<Mistral> = {
  name: '@mistralai/mistralai 2',
  plain: (setting) => new Mistral(mistralOf(setting)),
  onEngine: (setting) =>
    new Mistral({ ...mistralOf(setting), httpClient: new HTTPClient({ fetcher }) }),
};

/** The major before it. */
export const mistral1: Sdk<Mistral> = {
  name: '@mistralai/mistralai 1',
  plain: (setting) => new Mistral1(mistralOf(setting)) as unknown as Mistral,
  onEngine: (setting) => {
    const httpClient = new HTTPClient1({ fetcher });
    return new Mistral1({ ...mistralOf(setting), httpClient }) as unknown as Mistral;
  },
};

export const mistralChat: Way<Mistral> = {
  name: 'chat.complete()',
  run: (client, { options }) => client.chat.complete(CHAT, { fetchOptions: options }),
};

export const mistralStreamed: Way<Mistral> = {
  name: 'chat.stream()',
  run: async (client, { options, each }) =>
    each(await client.chat.stream(CHAT, { fetchOptions: options })),
};

/** The AI SDK in one of its majors, with a provider, and how often it tries. */
interface AiSdk {
  readonly generateText: typeof ai7.generateText;
  readonly streamText: typeof ai7.streamText;
  readonly provider: ReturnType<typeof createOpenAI>;
  readonly maxRetries: number;
}

type AiMajor = readonly [its: typeof ai7, createOpenAI: typeof createOpenAI];

const aiSdkIn = (name: string, [its, create]: AiMajor): Sdk<AiSdk> => {
  const made = ({ origin, maxRetries }: Setting, more: object = {}): AiSdk => ({
    generateText: its.generateText,
    streamText: its.streamText,
    provider: create({ apiKey: 'k', baseURL: `${origin}/v1`, ...more }),
    maxRetries,
  });
  return {
    name,
    plain: (setting) => made(setting),
    onEngine: (setting) => made(setting, { fetch: engineFetch }),
  };
};

export const aiSdk = aiSdkIn('ai 7', [ai7, createOpenAI]);

/** The major before it. */
export const aiSdk6 = aiSdkIn('ai 6', [ai6, createOpenAI3] as unknown as AiMajor);

const aiOptions = ({ signal }: { signal?: AbortSignal }) =>
  signal === undefined ? {} : { abortSignal: signal };

export const AI_SDK_STREAMED: readonly Way<AiSdk>[] = (['chat', 'responses'] as const).map(
  (api) => ({
    name: `streamText(), ${api}`,
    async run({ streamText, provider, maxRetries }, { options, each, note }) {
      // Told beside the stream, before or after what the stream has by then.
      const errors: unknown[] = [];
      const result = streamText({
        model: provider[api]('m'),
        prompt: TEXT,
        maxRetries,
        includeRawChunks: true,
        onError: ({ error }) => errors.push(error),
        ...aiOptions(options),
      });
      try {
        await each(withoutTimes(result.fullStream));
      } finally {
        errors.forEach(note);
      }
    },
  }),
);

export const AI_SDK_WHOLE: readonly Way<AiSdk>[] = (['chat', 'responses'] as const).map((api) => ({
  name: `generateText(), ${api}`,
  async run({ generateText, provider, maxRetries }, { options }) {
    const model = provider[api]('m');
    const result = await generateText({ model, prompt: TEXT, maxRetries, ...aiOptions(options) });
    const { text, toolCalls, reasoningText, finishReason, usage, warnings, response } = result;
    return [text, toolCalls, reasoningText, finishReason, usage, warnings, response.headers];
  },
}));

/** What depends on the clock or on chance. */
const DRAWN: ReadonlySet<string> = new Set(['timestamp', 'id', 'messageId', 'performance']);

/** What depends on the clock and on chance is not compared. */
async function* withoutTimes(parts: AsyncIterable<{ type: string }>): AsyncIterable<unknown> {
  const drawn = (name: string, value: unknown) => (DRAWN.has(name) ? '(drawn)' : value);
  for await (const part of parts) {
    yield part.type === 'error' ? part : JSON.parse(JSON.stringify(part, drawn));
  }
}

export const langchainOpenai: Sdk<ChatOpenAI> = {
  name: '@langchain/openai',
  plain: ({ origin, maxRetries, timeout }) =>
    new ChatOpenAI({
      apiKey: 'k',
      model: 'm',
      maxRetries,
      timeout,
      configuration: { baseURL: `${origin}/v1` },
    }),
};

export const langchainAnthropic: Sdk<ChatAnthropic> = {
  name: '@langchain/anthropic',
  plain: ({ origin, maxRetries }) =>
    new ChatAnthropic({ apiKey: 'k', model: 'm', maxRetries, anthropicApiUrl: origin }),
};

type Chat = ChatOpenAI | ChatAnthropic;

export const langchainInvoke: Way<Chat> = {
  name: 'invoke()',
  async run(model, { options }) {
    const { content, response_metadata } = await model.invoke(TEXT, options);
    return [content, response_metadata];
  },
};

export const langchainStreamed: Way<Chat> = {
  name: 'stream()',
  async run(model, { options, each }) {
    const stream = await model.stream(TEXT, options);
    await each(contentsOf(stream));
  },
};

async function* contentsOf(
  chunks: AsyncIterable<{
    content: unknown;
    response_metadata: object;
    tool_call_chunks?: unknown;
  }>,
): AsyncIterable<unknown> {
  for await (const { content, response_metadata, tool_call_chunks } of chunks) {
    yield [content, response_metadata, tool_call_chunks];
  }
}
