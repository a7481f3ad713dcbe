import { HttpClient } from '../client/http-client.js';
import { fetch } from '../fetch/fetch.js';
import { isNativeAvailable } from '../native/load.js';
import { currentFlags, isDrawn } from './flags.js';
import { type Place, placesOf } from './places.js';
import type { SdkRequest } from './sdk.js';
import { dialectsFor, withNativeStreams } from './streams.js';

type Fetch = typeof fetch;

/** How {@link patch} patches. */
export interface PatchOptions {
  /** Send on this client's pool, with its deadlines, instead of the one that the process shares. */
  client?: HttpClient;
}

/** What is patched now. */
export interface PatchStatus {
  /** Whether this platform has a native binary; without one nothing is ever patched. */
  readonly native: boolean;
  readonly patched: readonly PatchedTarget[];
}

/** One thing that is patched. */
export interface PatchedTarget {
  readonly kind: 'client' | 'class' | 'global';
  /** The name of its class, or `globalThis.fetch`. */
  readonly name: string;
  /**
   * Who decodes its streams: `native`, the engine; `transport`, the SDK, from bytes that the engine
   * brings; `untried` before the first stream has shown which of the two it is.
   */
  readonly streams: 'native' | 'transport' | 'untried';
}

/** A target with what it takes to put it back. */
interface Patch extends PatchedTarget {
  streams: PatchedTarget['streams'];
  readonly target: WeakRef<object>;
  changes: Change[];
}

/** A property that was replaced, of the target or of what it is made of. */
interface Change {
  readonly owner: WeakRef<object>;
  readonly name: string;
  readonly property: PropertyDescriptor;
  readonly original: PropertyDescriptor | undefined;
}

/** What is put in the place of what a target sends with. */
interface Means {
  readonly fetch: Fetch;
  /** Who is told when a stream has shown how it is decoded. */
  readonly told: (streams: PatchedTarget['streams']) => void;
}

const patches: Set<Patch> = new Set();
let warned = false;

/**
 * Moves an SDK's traffic to the engine: its requests, streams and retries stay what they are, and go
 * over native pooled connections.
 *
 * @param target A client of `openai`, `@anthropic-ai/sdk`, `groq-sdk`, `ollama`, `cohere-ai` or
 *   `@google/genai`, a chat model of `@langchain/openai` or `@langchain/anthropic`, or any other that keeps
 *   its `fetch` the same way; the class of `openai`, `@anthropic-ai/sdk` or `groq-sdk`, for all its clients to
 *   come; nothing, for `globalThis.fetch`.
 * @returns the target. Patching twice changes nothing.
 * @throws {TypeError} for what has no `fetch` to replace, and for a `client` that is none.
 *
 * The server sees the requests that it saw before, but for headers that built-in fetch adds of its own
 * accord: `accept-language`, `sec-fetch-mode`, `connection`, and `accept-encoding` unless the caller sets it.
 *
 * Streams of `openai` and `@anthropic-ai/sdk` are decoded by the engine, as the package itself reads them: its
 * first stream finds out how it does, on a few bodies in memory. A version that reads differently, and
 * every other SDK, goes on decoding the bytes that it gets; {@link getPatchStatus} says which it is.
 *
 * Without a native binary for this platform it warns once and leaves the target as it is. So it does,
 * without a word, while the environment says `WARMLINE_DISABLE=1`, and with all but a part of the targets,
 * drawn one by one, where it says `WARMLINE_ROLLOUT=10` (percent).
 *
 * @example
 * ```ts
 * import OpenAI from 'openai'
 * import { patch } from 'warmline'
 *
 * const client = patch(new OpenAI())
 * ```
 */
export function patch<T extends object = typeof globalThis>(
  target: T = globalThis as unknown as T,
  options: PatchOptions = {},
): T {
  const kind = kindOf(target);
  if (kind === undefined) throw new TypeError(`patch: ${adviceFor(target)}`);
  if (!isNativeAvailable()) {
    warnOnce();
    return target;
  }
  if (find(target) !== undefined || !isDrawn(currentFlags())) return target;
  const { client } = options;
  if (client !== undefined && !(client instanceof HttpClient)) {
    throw new TypeError('patch: options.client must be an HttpClient');
  }
  const engineFetch: Fetch = client === undefined ? fetch : fetchOf(client);
  apply(target, kind, { fetch: engineFetch, told: () => {} });
  return target;
}

function apply(target: object, kind: PatchedTarget['kind'], means: Means): void {
  if (find(target) !== undefined) return;
  const found: Patch = {
    kind,
    name: nameOf(target, kind),
    streams: 'transport',
    target: new WeakRef(target),
    changes: [],
  };
  const told = (streams: PatchedTarget['streams']) => {
    found.streams = streams;
    means.told(streams);
  };
  const inner: Means = { fetch: means.fetch, told };
  if (kind === 'class') {
    found.changes.push(replace(prototypeOf(target), 'fetch', () => interceptor(means.fetch)));
  } else {
    const places = kind === 'global' ? GLOBAL_PLACES : placesOf(target);
    if (places.some(({ holds }) => holds === 'client')) found.streams = 'untried';
    found.changes.push(...places.map((place) => fill(place, inner)));
  }
  const owner = kind === 'class' ? prototypeOf(target) : target;
  const { request } = owner as { request?: unknown };
  const dialects = dialectsFor(owner);
  if (typeof request === 'function' && dialects.length > 0) {
    found.streams = 'untried';
    const value = withNativeStreams(request as SdkRequest, dialects, (native) =>
      told(native ? 'native' : 'transport'),
    );
    found.changes.push(
      replace(owner, 'request', (original) => ({ ...dataProperty(original, false), value })),
    );
  }
  patches.add(found);
}

const GLOBAL_PLACES: readonly Place[] = [{ owner: globalThis, property: 'fetch', holds: 'fetch' }];

/** Puts the engine into a place. */
function fill({ owner, property, holds }: Place, means: Means): Change {
  if (holds === 'client') return replace(owner, property, (before) => patching(before, means));
  return replace(owner, property, (before) => ({
    ...dataProperty(before),
    value: holds === 'fetch' ? means.fetch : withFetch(before?.value, means.fetch),
  }));
}

/** A property whose value, now and whenever it is set, is patched. */
function patching(before: PropertyDescriptor | undefined, means: Means): PropertyDescriptor {
  let value: unknown = before?.value;
  const patched = (next: unknown) => {
    const kind = kindOf(next);
    if (kind === 'client') apply(next as object, kind, means);
    return next;
  };
  patched(value);
  return {
    configurable: true,
    enumerable: before?.enumerable ?? true,
    get: () => value,
    set: (next: unknown) => {
      value = patched(next);
    },
  };
}

/** A model's fields, for those that are made of them. */
function withFetch(fields: unknown, engineFetch: Fetch): object {
  const { configuration, ...others } = (fields ?? {}) as { configuration?: object };
  return { ...others, configuration: { ...configuration, fetch: engineFetch } };
}

function replace(
  owner: object,
  name: string,
  make: (original: PropertyDescriptor | undefined) => PropertyDescriptor,
): Change {
  const original = Object.getOwnPropertyDescriptor(owner, name);
  const property = make(original);
  Object.defineProperty(owner, name, property);
  return { owner: new WeakRef(owner), name, property, original };
}

/**
 * Undoes {@link patch}, to the property descriptor.
 *
 * Clients that were made from a patched class keep the engine until they are unpatched themselves.
 *
 * @returns whether it was patched. A `fetch` that somebody else has replaced since is left alone, and
 *   the answer is false.
 */
export function unpatch(target: object = globalThis): boolean {
  const found = find(target);
  if (found === undefined) return false;
  patches.delete(found);
  return found.changes.map(undo).every(Boolean);
}

/** False for a property that somebody else has replaced since. */
function undo({ owner: held, name, property, original }: Change): boolean {
  const owner = held.deref();
  if (owner === undefined) return true;
  const now = Object.getOwnPropertyDescriptor(owner, name);
  if (now === undefined || now.value !== property.value || now.set !== property.set) return false;
  const inner: unknown = property.get?.();
  if (typeof inner === 'object' && inner !== null) {
    unpatch(inner);
    Object.defineProperty(owner, name, { ...original, value: inner });
  } else if (original === undefined) Reflect.deleteProperty(owner, name);
  else Object.defineProperty(owner, name, original);
  return true;
}

/** What is patched now, and whether anything can be. */
export function getPatchStatus(): PatchStatus {
  const patched = living().map(({ kind, name, streams }) => ({ kind, name, streams }));
  return { native: isNativeAvailable(), patched };
}

function find(target: object): Patch | undefined {
  return living().find((candidate) => candidate.target.deref() === target);
}

/** The patches whose targets are still there; the others are forgotten. */
function living(): Patch[] {
  for (const candidate of patches) {
    if (candidate.target.deref() === undefined) patches.delete(candidate);
  }
  return [...patches];
}

/** SDKs are told by what they look like, not by their name or version. */
function kindOf(target: unknown): PatchedTarget['kind'] | undefined {
  if (target === globalThis) return 'global';
  if (typeof target === 'function') {
    const methods = prototypeOf(target) as { fetchWithTimeout?: unknown } | undefined;
    return typeof methods?.fetchWithTimeout === 'function' ? 'class' : undefined;
  }
  if (typeof target !== 'object' || target === null) return undefined;
  return placesOf(target).length > 0 ? 'client' : undefined;
}

/**
 * A class's clients each set their own `fetch` when they are made. This catches it: the default
 * becomes the engine's, one that the caller passed stays.
 */
function interceptor(engineFetch: Fetch): PropertyDescriptor {
  const standard = globalThis.fetch;
  return {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set(this: object, value: unknown) {
      const isDefault = value === standard || value === globalThis.fetch;
      Object.defineProperty(this, 'fetch', {
        value: isDefault ? engineFetch : value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    },
  };
}

function dataProperty(
  original: PropertyDescriptor | undefined,
  enumerable = true,
): PropertyDescriptor {
  return { configurable: true, enumerable: original?.enumerable ?? enumerable, writable: true };
}

function fetchOf(client: HttpClient): Fetch {
  return Object.assign((input: string | URL | Request, init = {}) => client.fetch(input, init), {
    Response: globalThis.Response,
  });
}

function prototypeOf(target: object): object {
  return (target as { prototype: object }).prototype;
}

function nameOf(target: object, kind: PatchedTarget['kind']): string {
  if (kind === 'global') return 'globalThis.fetch';
  return kind === 'class' ? (target as { name: string }).name : target.constructor.name;
}

/** What to do about a target that has no `fetch` to replace. */
function adviceFor(target: unknown): string {
  if (
    typeof target === 'object' &&
    target !== null &&
    '_baseURL' in target &&
    '_options' in target
  ) {
    return 'a Mistral client keeps its fetch to itself: make it with httpClient: new HTTPClient({ fetcher: fetch })';
  }
  return "expected a client of an SDK that README.md lists, an SDK's class, or nothing for globalThis.fetch";
}

function warnOnce(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'warmline has no native binary for this platform; clients are left as they are',
    { code: 'WARMLINE_NATIVE_UNAVAILABLE' },
  );
}
