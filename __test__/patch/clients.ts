import OpenAI, { APIError } from 'openai';
import { getPatchStatus, patch } from 'warmline';
import { type Provider, type ProviderStats, startProvider } from '../servers/provider.js';

/** What a deed came to, with all that differs from run to run taken out. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
  /** How the deed looked to the server. */
  readonly server: Pick<ProviderStats, 'requests' | 'responses' | 'streams_completed'>;
}

/** Something to do with a client. */
export type Deed = (client: OpenAI, provider: Provider) => Promise<unknown>;

/** The SDK's settings under test, pointed at `origin`. */
export function openai(origin: string, options: ConstructorParameters<typeof OpenAI>[0] = {}) {
  return new OpenAI({ apiKey: 'sk-test', baseURL: `${origin}/v1`, ...options });
}

/**
 * Does the same with a client as it is and with one that is patched, each against a provider of its own, so that ids
 * and counts begin alike.
 */
export async function bothWays(
  deed: Deed,
  options: ConstructorParameters<typeof OpenAI>[0] = {},
): Promise<{ plain: Outcome; patched: Outcome }> {
  const [plain, patched] = await Promise.all([
    outcome(deed, options, (client) => client),
    outcome(deed, options, (client) => {
      const { length } = getPatchStatus().patched;
      patch(client);
      if (getPatchStatus().patched.length !== length + 1) throw new Error('it was not patched');
      return client;
    }),
  ]);
  return { plain, patched };
}

async function outcome(
  deed: Deed,
  options: ConstructorParameters<typeof OpenAI>[0],
  prepare: (client: OpenAI) => OpenAI,
): Promise<Outcome> {
  await using provider = await startProvider();
  const client = prepare(openai(provider.origin, options));
  let result: { value: unknown } | { error: unknown };
  try {
    result = { value: comparable(await deed(client, provider), provider) };
  } catch (error) {
    result = { error: comparable(facts(error), provider) };
  }
  const { requests, responses, streams_completed } = await provider.stats();
  return { ...result, server: { requests, responses, streams_completed } };
}

/** What a program can see of an error. */
export function facts(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: error };
  const { name, message } = error;
  const api =
    error instanceof APIError
      ? {
          status: error.status,
          code: error.code,
          type: error.type,
          param: error.param,
          requestID: error.requestID,
          body: error.error,
          headers: error.headers,
        }
      : {};
  return { class: error.constructor.name, name, message, ...api };
}

/** A value without the time, the port and the order in which headers are kept. */
function comparable(value: unknown, { origin }: Provider): unknown {
  const plain = JSON.stringify(value, (_, inner: unknown) => {
    if (inner === undefined) return '(undefined)';
    if (inner instanceof Headers) {
      return [...inner].filter(([name]) => name !== 'date').sort();
    }
    return inner;
  });
  if (plain === undefined) return undefined;
  // In the text of a body, too, where its quotes are escaped.
  const timeless = plain.replaceAll(/(\\*"created(?:_at)?\\*":)\d+/g, (_, name) => `${name}0`);
  return JSON.parse(timeless.replaceAll(origin, 'http://origin'));
}

/** All that an iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export const QUESTION = {
  model: 'mock-large',
  messages: [{ role: 'user' as const, content: 'Wie heißt du? 你好 👋' }],
};
