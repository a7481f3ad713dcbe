// Every way to read a stream of tokens that is compared, behind one shape.
import { createParser } from 'eventsource-parser';
import { fetches } from '../peers/fetches.mjs';
import { open } from '../peers/undici.mjs';

/**
 * @typedef {object} Options
 * @property {string} url the provider's
 * @property {number} streams how many are open at once
 * @property {Record<string, string>} headers
 *
 * @typedef {object} Reader
 * @property {() => Promise<AsyncIterable<any>>} open begins a stream
 * @property {(event: any) => string | undefined} text what an event of it adds, if it adds any
 * @property {(event: any) => number} [count] of a value that may be several events' at once: how many
 */

const MESSAGES = [{ role: /** @type {const} */ ('user'), content: 'Tell me.' }];
const CHAT = { model: 'mock-small', messages: MESSAGES, stream: /** @type {const} */ (true) };
const MESSAGE = { model: 'mock-small', max_tokens: 10_000_000, messages: MESSAGES };
const KEY = 'a-key-that-the-mock-does-not-look-at';

async function openai({ url, headers }, { fetch } = {}) {
  const { default: OpenAI } = await import('openai');
  const options = { apiKey: KEY, baseURL: `${url}/v1`, maxRetries: 0, defaultHeaders: headers };
  return new OpenAI({ ...options, ...(fetch && { fetch }) });
}

async function openaiOn(peer, options) {
  return chat(await openai(options, { fetch: await fetches[peer](options.streams) }));
}

async function anthropic({ url, headers }) {
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  return new Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0, defaultHeaders: headers });
}

async function patched(client) {
  const { isNativeAvailable, patch } = await import('warmline');
  // It would be the client as it comes, compared with itself.
  if (!isNativeAvailable()) throw new Error('warmline is not built: npm run build');
  return patch(client);
}

const chatText = (chunk) => chunk.choices[0]?.delta.content ?? undefined;
const messageText = (event) =>
  event.type === 'content_block_delta' ? event.delta.text : undefined;

/** `chat.completions.create` and a loop over its chunks. */
const chat = (client) => ({ open: () => client.chat.completions.create(CHAT), text: chatText });

/** The `.stream()` helper, which accumulates the message as it goes. */
const chatHelper = (client) => ({
  open: async () => client.chat.completions.stream(CHAT),
  text: chatText,
});

const message = (client) => ({
  open: () => client.messages.create({ ...MESSAGE, stream: true }),
  text: messageText,
});

const messageHelper = (client) => ({
  open: async () => client.messages.stream(MESSAGE),
  text: messageText,
});

/** What the loop over a server-sent event's data is for everybody without an SDK. */
function parsedText(data) {
  return data === '[DONE]' ? undefined : chatText(JSON.parse(data));
}

const post = ({ headers }) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(CHAT),
});

/** @type {Record<string, (options: Options) => Promise<Reader>>} */
export const readers = {
  openai: async (options) => chat(await openai(options)),

  'openai on undici fetch': (options) => openaiOn('undici fetch', options),
  'openai on impit': (options) => openaiOn('impit', options),
  'openai on wreq-js': (options) => openaiOn('wreq-js', options),

  'openai + patch(client)': async (options) => chat(await patched(await openai(options))),
  'openai .stream()': async (options) => chatHelper(await openai(options)),
  'openai .stream() + patch(client)': async (options) =>
    chatHelper(await patched(await openai(options))),

  anthropic: async (options) => message(await anthropic(options)),
  'anthropic + patch(client)': async (options) => message(await patched(await anthropic(options))),
  'anthropic .stream()': async (options) => messageHelper(await anthropic(options)),
  'anthropic .stream() + patch(client)': async (options) =>
    messageHelper(await patched(await anthropic(options))),

  'built-in fetch + eventsource-parser': async (options) => ({
    open: async () => {
      const { body } = await fetch(`${options.url}/v1/chat/completions`, post(options));
      return (async function* () {
        let events = [];
        const parser = createParser({ onEvent: ({ data }) => events.push(data) });
        const decoder = new TextDecoder();
        for await (const bytes of body) {
          parser.feed(decoder.decode(bytes, { stream: true }));
          yield* events;
          events = [];
        }
      })();
    },
    text: parsedText,
  }),

  'undici.request, lines split by hand': async (options) => {
    const url = `${options.url}/v1/chat/completions`;
    const send = await open('undici.request', { url, count: options.streams });
    return {
      open: async () => {
        const body = await send(post(options));
        return (async function* () {
          let rest = '';
          const decoder = new TextDecoder();
          for await (const bytes of body) {
            const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) {
              if (line.startsWith('data: ')) yield line.slice('data: '.length);
            }
          }
        })();
      },
      text: parsedText,
    };
  },

  'warmline events()': async (options) => {
    const { events, fetch: warmFetch } = await import('warmline');
    return {
      open: async () =>
        events(await warmFetch(`${options.url}/v1/chat/completions`, post(options))),
      text: ({ data }) => parsedText(data),
    };
  },

  'warmline textDeltas()': async (options) => {
    const { fetch: warmFetch, textDeltas } = await import('warmline');
    return {
      open: async () =>
        textDeltas(await warmFetch(`${options.url}/v1/chat/completions`, post(options))),
      text: (text) => text,
      // Each of the mock's words has a space.
      count: (text) => text.split(' ').length - 1,
    };
  },
};
