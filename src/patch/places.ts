/** Where the SDKs' clients keep what they send with, told by what they look like. */

/** A property of a client, or of what it is made of. */
export interface Place {
  readonly owner: object;
  readonly property: string;
  /**
   * `fetch`: the function itself. `client`: a client of another SDK, which may be made only when it is
   * needed. `fields`: what the client was made with, and copies of it will be.
   */
  readonly holds: 'fetch' | 'client' | 'fields';
}

type Shape = Readonly<Record<string, unknown>>;

/** The places of a client; none for what is no client that we know. */
export function placesOf(target: object): Place[] {
  return [...ownFetch(target), ...cohere(target), ...google(target), ...langchain(target)];
}

/** `openai`, `@anthropic-ai/sdk`, `groq-sdk`, `ollama`: their clients have the function themselves. */
function ownFetch(target: object): Place[] {
  const own = Object.getOwnPropertyDescriptor(target, 'fetch');
  return typeof own?.value === 'function' && own.configurable ? [fetchIn(target)] : [];
}

/** `cohere-ai`: options that are read at each call, one set for each of its versions. */
function cohere(target: object): Place[] {
  const { client, clientV2 } = target as Shape;
  const options = [target, client, clientV2]
    .map((each) => shape(shape(each)?.['_options']))
    .filter((each) => each !== undefined && 'token' in each) as object[];
  return [...new Set(options)].map(fetchIn);
}

/** `@google/genai`: options of its API client. */
function google(target: object): Place[] {
  const api = shape((target as Shape)['apiClient']);
  const options = shape(shape(api?.['clientOptions'])?.['httpOptions']);
  return typeof api?.['getFetch'] === 'function' && options !== undefined ? [fetchIn(options)] : [];
}

/** `@langchain/openai` and `@langchain/anthropic`: models that make the SDK's clients when they need them. */
function langchain(target: object): Place[] {
  const model = target as Shape;
  if (!('lc_namespace' in model)) return [];
  const models = [model, shape(model['completions']), shape(model['responses'])];
  const places = models.flatMap((each) => (each === undefined ? [] : clientsOf(each)));
  // `withConfig`, and `withStructuredOutput` by it, make a new model of these.
  if ('fields' in model) places.push({ owner: target, property: 'fields', holds: 'fields' });
  return places;
}

function clientsOf(model: Shape): Place[] {
  return ['client', 'batchClient', 'streamingClient']
    .filter((property) => property in model)
    .map((property) => ({ owner: model, property, holds: 'client' }));
}

function fetchIn(owner: object): Place {
  return { owner, property: 'fetch', holds: 'fetch' };
}

function shape(value: unknown): Shape | undefined {
  return typeof value === 'object' && value !== null ? (value as Shape) : undefined;
}
