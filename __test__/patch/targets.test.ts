import { createRequire } from 'node:module';
import * as bedrockPackage from '@anthropic-ai/bedrock-sdk';
import Anthropic, * as anthropicPackage from '@anthropic-ai/sdk';
import * as vertexPackage from '@anthropic-ai/vertex-sdk';
import * as groqPackage from 'groq-sdk';
import * as openaiPackage from 'openai';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { getPatchStatus, HttpClient, isNativeAvailable, patch, unpatch } from 'warmline';
import { portServer } from '../servers/ports.js';

const standard = globalThis.fetch;

type WithFetch = { fetch: typeof globalThis.fetch };

/** The `fetch` that a client would call. */
const fetchOf = (client: object) => (client as WithFetch).fetch;
const descriptorOf = (target: object) => Object.getOwnPropertyDescriptor(target, 'fetch');

/** Whether calls go elsewhere than they would without a patch. */
const isGated = (client: object) => fetchOf(client) !== standard;

/** What is patched, without what has gone through it. */
const patched = () =>
  getPatchStatus().patched.map(({ kind, name, streams }) => ({ kind, name, streams }));

/** Every client of the test that runs. */
const clients: object[] = [];

function noted<T extends object>(client: T): T {
  clients.push(client);
  return client;
}

const openai = (options: object = {}) => noted(new OpenAI({ apiKey: 'sk-test', ...options }));
const anthropic = (options: object = {}) => noted(new Anthropic({ apiKey: 'sk-test', ...options }));
const azure = () =>
  noted(new AzureOpenAI({ apiKey: 'k', apiVersion: '2024-10-21', endpoint: 'http://127.0.0.1' }));

const CLASSES = [OpenAI, Anthropic, AzureOpenAI];

afterEach(() => {
  unpatch();
  for (const each of CLASSES) unpatch(each);
  for (const client of clients.splice(0)) unpatch(client);
});

describe.each([
  ['OpenAI', openai],
  ['Anthropic', anthropic],
  ['AzureOpenAI', azure],
])('a client of %s', (name, make) => {
  it('is patched, and unpatched to the property descriptor', () => {
    const client = make();
    const before = descriptorOf(client);
    const keys = Object.keys(client);
    expect(patch(client)).toBe(client);
    expect(isGated(client)).toBe(true);
    expect(descriptorOf(client)).toEqual({ ...before, value: fetchOf(client) });
    expect(patched()).toContainEqual({ kind: 'client', name, streams: 'untried' });
    expect(unpatch(client)).toBe(true);
    expect(descriptorOf(client)).toEqual(before);
    expect(Object.keys(client)).toEqual(keys);
    expect(getPatchStatus().patched).toEqual([]);
  });

  it('is patched once, however often', () => {
    const client = make();
    const before = descriptorOf(client);
    patch(patch(patch(client)));
    expect(patched()).toEqual([{ kind: 'client', name, streams: 'untried' }]);
    expect(unpatch(client)).toBe(true);
    expect(descriptorOf(client)).toEqual(before);
    expect(unpatch(client)).toBe(false);
  });

  it('gives its fetch to those made from it', () => {
    const client = patch(make()) as OpenAI;
    expect(fetchOf(client.withOptions({ timeout: 5 }))).toBe(fetchOf(client));
    unpatch(client);
    expect(fetchOf(client.withOptions({ timeout: 5 }))).toBe(standard);
  });

  it('leaves others of its class as they are', () => {
    patch(make());
    expect(fetchOf(make())).toBe(standard);
  });
});

describe('a descriptor', () => {
  it.each([
    { writable: false, enumerable: false, configurable: true },
    { writable: true, enumerable: false, configurable: true },
    { writable: false, enumerable: true, configurable: true },
  ])('of %j comes back', (flags) => {
    const own = () => Promise.resolve(new Response());
    const client = Object.defineProperty({}, 'fetch', { value: own, ...flags });
    patch(client);
    expect(fetchOf(client)).not.toBe(own);
    expect(unpatch(client)).toBe(true);
    expect(descriptorOf(client)).toEqual({ value: own, ...flags });
  });
});

describe('a fetch that somebody put there after the patch', () => {
  it('stays when the patch is taken back', () => {
    const client = patch(openai());
    const theirs = () => Promise.resolve(new Response());
    (client as unknown as WithFetch).fetch = theirs;
    expect(unpatch(client)).toBe(false);
    expect(fetchOf(client)).toBe(theirs);
    expect(getPatchStatus().patched).toEqual([]);
  });
});

describe('a class', () => {
  it.each(CLASSES)('%o is patched for clients to come, and unpatched', (each) => {
    const before = descriptorOf(each.prototype);
    const made = each === Anthropic ? anthropic : openai;
    const earlier = made();
    expect(patch(each)).toBe(each);
    patch(each);
    expect(patched()).toEqual([{ kind: 'class', name: each.name, streams: 'untried' }]);
    expect(fetchOf(earlier)).toBe(standard);
    const later =
      each === AzureOpenAI ? azure() : each === Anthropic ? anthropic() : (openai() as object);
    expect(isGated(later)).toBe(true);
    expect(descriptorOf(later)).toEqual({ ...descriptorOf(earlier), value: fetchOf(later) });
    expect(Object.keys(later)).toContain('fetch');
    expect(fetchOf((later as OpenAI).withOptions({ timeout: 5 }))).toBe(fetchOf(later));
    expect(unpatch(each)).toBe(true);
    expect(descriptorOf(each.prototype)).toEqual(before);
    expect(unpatch(each)).toBe(false);
    expect(fetchOf(made())).toBe(standard);
  });

  it('brings its subclasses with it', () => {
    class Mine extends OpenAI {}
    patch(OpenAI);
    expect(isGated(new Mine({ apiKey: 'k' }))).toBe(true);
    expect(isGated(azure())).toBe(true);
    unpatch(OpenAI);
    expect(fetchOf(new Mine({ apiKey: 'k' }))).toBe(standard);
  });

  it('leaves its parent as it is', () => {
    patch(AzureOpenAI);
    expect(fetchOf(openai())).toBe(standard);
    expect(isGated(azure())).toBe(true);
  });

  it.each([
    ['OpenAI', OpenAI, openai],
    ['Anthropic', Anthropic, anthropic],
  ] as const)('%s keeps a fetch that a client brings along', (_, each, make) => {
    const own = () => Promise.resolve(new Response());
    patch(each);
    expect(fetchOf(make({ fetch: own }))).toBe(own);
  });

  it('may have its clients patched and unpatched on their own, too', () => {
    patch(OpenAI);
    const client = openai();
    patch(client);
    expect(unpatch(client)).toBe(true);
    expect(isGated(client)).toBe(true);
  });
});

describe('a package', () => {
  const { BaseAnthropic } = anthropicPackage;
  const { AnthropicVertex } = vertexPackage;
  const compiled = createRequire(import.meta.url)('@anthropic-ai/vertex-sdk');
  /** The cloud's client would look for credentials of its own. */
  const optionsOf = (Class: unknown) =>
    Class === AnthropicVertex || Class === compiled.AnthropicVertex
      ? { region: 'r', authClient: {} }
      : { apiKey: 'k', apiVersion: 'v', baseURL: 'http://127.0.0.1' };
  it.each([
    ['openai', openaiPackage, OpenAI, [OpenAI, AzureOpenAI]],
    ['@anthropic-ai/sdk', anthropicPackage, BaseAnthropic, [Anthropic]],
    ['@anthropic-ai/vertex-sdk', vertexPackage, BaseAnthropic, [AnthropicVertex]],
    [
      '@anthropic-ai/vertex-sdk in CommonJS',
      compiled,
      compiled.BaseAnthropic,
      [compiled.AnthropicVertex],
    ],
    ['@anthropic-ai/bedrock-sdk', bedrockPackage, BaseAnthropic, [bedrockPackage.AnthropicBedrock]],
    ['groq-sdk', groqPackage, groqPackage.Groq, [groqPackage.Groq]],
  ])('%s is patched for the clients of all its classes, and unpatched', (_, given, root, made) => {
    const before = descriptorOf(root.prototype);
    const request = Object.getOwnPropertyDescriptor(root.prototype, 'request');
    expect(patch(given)).toBe(given);
    patch(given);
    patch(root);
    expect(patched()).toMatchObject([{ kind: 'class', name: root.name }]);
    for (const Class of made) {
      const client = new (Class as new (options: object) => object)(optionsOf(Class));
      expect(isGated(client)).toBe(true);
    }
    expect(unpatch(given)).toBe(true);
    expect(descriptorOf(root.prototype)).toEqual(before);
    expect(Object.getOwnPropertyDescriptor(root.prototype, 'request')).toEqual(request);
    expect(unpatch(given)).toBe(false);
    expect(getPatchStatus().patched).toEqual([]);
  });

  it('without a class of clients is refused', async () => {
    const given = await import('eventsource-parser');
    expect(() => patch(given)).toThrow(TypeError);
  });
});

describe('the global fetch', () => {
  it('is patched, and unpatched to the property descriptor', async () => {
    await using server = await portServer();
    const before = descriptorOf(globalThis);
    expect(patch()).toBe(globalThis);
    patch();
    expect(isGated(globalThis)).toBe(true);
    expect(getPatchStatus()).toMatchObject({ native: true, enabled: true });
    expect(patched()).toEqual([{ kind: 'global', name: 'globalThis.fetch', streams: 'transport' }]);
    expect(isGated(openai())).toBe(true);
    const ports = [
      await (await fetch(server.origin)).text(),
      await (await fetch(server.origin)).text(),
    ];
    expect(new Set(ports).size).toBe(1);
    expect(await (await fetch('data:,inline')).text()).toBe('inline');
    expect(unpatch()).toBe(true);
    expect(descriptorOf(globalThis)).toEqual(before);
    expect(unpatch()).toBe(false);
  });

  it('is named by globalThis as well', () => {
    expect(patch(globalThis)).toBe(globalThis);
    expect(isGated(globalThis)).toBe(true);
    expect(unpatch(globalThis)).toBe(true);
    expect(globalThis.fetch).toBe(standard);
  });
});

describe('patch', () => {
  it.each([
    [null],
    [5],
    ['openai'],
    [{}],
    [{ fetch: 5 }],
    [() => {}],
    [class Mine {}],
    [Object.freeze({ fetch: standard })],
    [Symbol('client')],
  ])('refuses %o', (target) => {
    expect(() => patch(target as object)).toThrow(TypeError);
    expect(getPatchStatus().patched).toEqual([]);
    expect(globalThis.fetch).toBe(standard);
  });

  it.each([[5], [{}], [null], [openai()]])('refuses %o as the client to send on', (client) => {
    const target = openai();
    expect(() => patch(target, { client: client as unknown as HttpClient })).toThrow(/client/);
    expect(fetchOf(target)).toBe(standard);
  });

  it('takes the client to send on', async () => {
    await using server = await portServer();
    await using client = new HttpClient();
    const target = patch(openai({ baseURL: server.origin }), { client });
    await target.get('/');
    expect(client.getPoolMetrics()).toMatchObject({ totalRequests: 1, connectionsIdle: 1 });
    expect(fetchOf(target)).toHaveLength(1);
    unpatch(target);
  });

  it('keeps nothing alive', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    (() => {
      for (let i = 0; i < 100; i++) patch(new OpenAI({ apiKey: 'k' }));
    })();
    while (getPatchStatus().patched.length > 0) {
      await new Promise(setImmediate);
      collect();
    }
  });
});

it('unpatch of what was never patched answers false', () => {
  expect(unpatch()).toBe(false);
  expect(unpatch(openai())).toBe(false);
  expect(unpatch(OpenAI)).toBe(false);
  expect(isNativeAvailable()).toBe(true);
});
