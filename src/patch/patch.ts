import { isAxios } from '../axios/instance.js';
import type { HttpClient } from '../client/http-client.js';
import { isNativeAvailable } from '../native/load.js';
import { isEnabled, setEnabled } from './account.js';
import { replaceAdapter } from './axios-adapter.js';
import { dataProperty, replace, type Undo } from './changes.js';
import { interceptor } from './client-class.js';
import { currentFlags, isDrawn, isSome } from './flags.js';
import { type Fetch, gate, passing, type Road, roadOver } from './gate.js';
import { isUndici, replaceDispatcher } from './global-dispatcher.js';
import { isClientClass, targetOf } from './package.js';
import { type Place, placesOf } from './places.js';
import {
  find,
  forget,
  identityOf,
  living,
  type Patch,
  type PatchedTarget,
  remember,
} from './registry.js';
import type { SdkRequest } from './sdk.js';
import { dialectsFor, type StreamCount, withNativeStreams } from './streams.js';

/** How {@link patch} patches. */
export interface PatchOptions {
  /**
   * Send on this client's pool, with its deadlines, instead of the one that the process shares; over all its
   * `endpoints`, where the target's base URL is one of them.
   */
  client?: HttpClient;
}

/** What is patched now. */
export interface PatchStatus {
  /** Whether this platform has a native binary; without one nothing is ever patched. */
  readonly native: boolean;
  /** Whether patches are followed: false from {@link disablePatches} to {@link enablePatches}. */
  readonly enabled: boolean;
  readonly patched: readonly PatchedTarget[];
}

/** What is put in the place of what a target sends with. */
interface Means {
  readonly road: Road;
  /** Who is told when a stream has shown how it is decoded. */
  readonly told: (streams: PatchedTarget['streams']) => void;
}

let warned = false;

/**
 * Moves an SDK's traffic to the engine: its requests, streams and retries stay what they are, and go
 * over native pooled connections.
 *
 * @param given A client of `openai`, `@anthropic-ai/sdk`, `groq-sdk`, `ollama`, `cohere-ai` or
 *   `@google/genai`, a chat model of `@langchain/openai` or `@langchain/anthropic`, or any other that keeps
 *   its `fetch` the same way; the class of `openai`, `@anthropic-ai/sdk` or `groq-sdk`, for all its clients to
 *   come, or one of these packages (`import * as openai from 'openai'`), for all clients of its classes; the package
 *   `undici` (6 to 8), for its global dispatcher; `axios` 1 or an instance of it, which is given an adapter; nothing,
 *   for `globalThis.fetch`.
 * @returns the target. Patching twice changes nothing.
 * @throws {TypeError} for what has no `fetch` to replace, and for a `client` that is none.
 *
 * The server sees the requests that it saw before, but for the order of their headers, and for those that
 * built-in fetch adds of its own accord: `accept-language`, `sec-fetch-mode` and `connection`. README.md, "What
 * differs", has the rest.
 *
 * Streams of `openai` and `@anthropic-ai/sdk` are decoded by the engine, as the package itself reads them: its
 * first stream finds out how it does, on a few bodies in memory. A version that reads differently, and
 * every other SDK, goes on decoding the bytes that it gets; {@link getPatchStatus} says which it is.
 *
 * Without a native binary for this platform it warns once and leaves the target as it is. So it does,
 * without a word, while the environment says `WARMLINE_DISABLE=1`. Where it says `WARMLINE_ROLLOUT=10`, ten
 * percent of the targets are patched, and of a class's clients; each is drawn once, and stays what it is.
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
  given: T = globalThis as unknown as T,
  options: PatchOptions = {},
): T {
  const target = targetOf(given);
  const kind = kindOf(target);
  if (kind === undefined) throw new TypeError(`patch: ${adviceFor(target)}`);
  if (!isNativeAvailable()) {
    warnOnce();
    return given;
  }
  const flags = currentFlags();
  // Of a class, each client is drawn.
  const drawn = kind === 'class' ? isSome(flags) : isDrawn(flags, target);
  if (find(target) !== undefined || !drawn) return given;
  const road = roadOver(options.client, nameOf(target, kind));
  remember(applied(target, kind, { road, told: () => {} }));
  return given;
}

function applied(target: object, kind: PatchedTarget['kind'], { road, told }: Means): Patch {
  const found: Patch = {
    kind,
    name: nameOf(target, kind),
    streams: 'transport',
    target: new WeakRef(identityOf(target)),
    account: road.account,
    changes: [],
  };
  const inner = heardBy(found, road, told);
  if (isAxios(target)) {
    found.changes.push(replaceAdapter(target, road));
    return found;
  }
  if (isUndici(target)) {
    found.changes.push(replaceDispatcher(target, road));
    return found;
  }
  if (kind === 'class') {
    found.changes.push(replace(prototypeOf(target), 'fetch', () => classFetch(road)));
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
    const value = withNativeStreams(request as SdkRequest, dialects, counting(inner));
    found.changes.push(
      replace(owner, 'request', (original) => ({ ...dataProperty(original, false), value })),
    );
  }
  return found;
}

// What follows makes closures for a patch to keep, and so must see nothing of its target: that could not be collected.

function heardBy(found: Patch, road: Road, told: Means['told']): Means {
  return {
    road,
    told: (streams) => {
      found.streams = streams;
      told(streams);
    },
  };
}

function counting({ road, told }: Means): StreamCount {
  const { account } = road;
  return {
    opened: (native) => {
      account.streams++;
      told(native ? 'native' : 'transport');
    },
    event: () => {
      account.events++;
    },
  };
}

function classFetch(road: Road): PropertyDescriptor {
  const flags = currentFlags();
  return interceptor((own) => (isDrawn(flags) ? gate(road, own) : passing(own)));
}

const GLOBAL_PLACES: readonly Place[] = [{ owner: globalThis, property: 'fetch', holds: 'fetch' }];

/** Puts the engine into a place. */
function fill({ owner, property, holds }: Place, means: Means): Undo {
  if (holds === 'client') return replace(owner, property, (before) => patching(before, means));
  const { road } = means;
  return replace(owner, property, (before) => ({
    ...dataProperty(before),
    value:
      holds === 'fetch'
        ? gate(road, before?.value, owner !== globalThis)
        : withFetch(before?.value, road),
  }));
}

/** A property whose value, now and whenever it is set, is patched. */
function patching(before: PropertyDescriptor | undefined, means: Means): PropertyDescriptor {
  let value: unknown = before?.value;
  const patched = (next: unknown) => {
    const kind = kindOf(next);
    if (kind === 'client' && find(next as object) === undefined) {
      remember(applied(next as object, kind, means));
    }
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
function withFetch(fields: unknown, road: Road): object {
  const { configuration, ...others } = (fields ?? {}) as { configuration?: { fetch?: Fetch } };
  return {
    ...others,
    configuration: { ...configuration, fetch: gate(road, configuration?.fetch) },
  };
}

/**
 * Undoes {@link patch}, to the property descriptor. Requests under way end as they began.
 *
 * Clients that were made from a patched class, or while `globalThis.fetch` was patched, go by their own
 * `fetch` from now on.
 *
 * @returns whether it was patched. A `fetch` that somebody else has replaced since is left alone, and
 *   the answer is false.
 */
export function unpatch(given: object = globalThis): boolean {
  const found = find(targetOf(given));
  if (found === undefined) return false;
  found.account.retire();
  return restore(found);
}

function restore(found: Patch): boolean {
  forget(found);
  const inner = (held: object) => {
    const patch = find(held);
    if (patch !== undefined) restore(patch);
  };
  return found.changes.map((undo) => undo(inner)).every(Boolean);
}

/**
 * Undoes every {@link patch} of this thread, those of `warmline/auto` included.
 *
 * @returns whether all is as it was; see {@link unpatch}.
 */
export function unpatchAll(): boolean {
  const targets = living().map(({ target }) => target.deref());
  // What is part of another target has been restored with it.
  return targets
    .map((each) => each === undefined || find(each) === undefined || unpatch(each))
    .every(Boolean);
}

/**
 * The switch for an emergency: whatever is patched in this thread sends, from the next call on, by the
 * `fetch` that it had before. Nothing is unpatched, and what is under way ends as it began: no request is sent
 * a second time.
 *
 * A patch turns itself off in this way when the engine has failed three times under it: errors with the
 * code `WARMLINE_ENGINE`, `WARMLINE_PANIC` or `WARMLINE_INTERNAL`, never those of a network or a provider. It
 * says so in a process warning with the code `WARMLINE_PATCH_OFF`.
 *
 * @example
 * ```ts
 * import { disablePatches, enablePatches } from 'warmline'
 *
 * process.on('SIGUSR2', disablePatches)
 * process.on('SIGCONT', enablePatches)
 * ```
 */
export function disablePatches(): void {
  setEnabled(false);
}

/** Undoes {@link disablePatches}; patches that engine errors have turned off are on again, too. */
export function enablePatches(): void {
  setEnabled(true);
  for (const { account } of living()) account.forgive();
}

/** What is patched now, whether anything can be, and what has gone through each patch. */
export function getPatchStatus(): PatchStatus {
  const patched = living().map(({ kind, name, streams, account }) => {
    const { active, statistics } = account;
    return { kind, name, streams, active, statistics };
  });
  return { native: isNativeAvailable(), enabled: isEnabled(), patched };
}

/** SDKs are told by what they look like, not by their name or version. */
function kindOf(target: unknown): PatchedTarget['kind'] | undefined {
  if (target === globalThis) return 'global';
  if (isAxios(target)) return 'axios';
  if (typeof target === 'function') return isClientClass(target) ? 'class' : undefined;
  if (typeof target !== 'object' || target === null) return undefined;
  if (isUndici(target)) return 'dispatcher';
  return placesOf(target).length > 0 ? 'client' : undefined;
}

function prototypeOf(target: object): object {
  return (target as { prototype: object }).prototype;
}

function nameOf(target: object, kind: PatchedTarget['kind']): string {
  if (kind === 'global') return 'globalThis.fetch';
  if (kind === 'dispatcher') return 'undici';
  if (kind === 'axios') return 'axios';
  return kind === 'class' ? (target as { name: string }).name : target.constructor.name;
}

/** What to do about a target that has no `fetch` to replace. */
function adviceFor(target: unknown): string {
  if (typeof target === 'function' && 'languageModel' in target) {
    return 'a provider of the AI SDK takes its fetch when it is made: createOpenAI({ fetch })';
  }
  if (
    typeof target === 'object' &&
    target !== null &&
    '_baseURL' in target &&
    '_options' in target
  ) {
    return 'a Mistral client keeps its fetch to itself: make it with httpClient: new HTTPClient({ fetcher: fetch })';
  }
  return "expected a client of an SDK that README.md lists, an SDK's class or package, or nothing for globalThis.fetch";
}

function warnOnce(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'warmline has no native binary for this platform; clients are left as they are',
    { code: 'WARMLINE_NATIVE_UNAVAILABLE' },
  );
}
