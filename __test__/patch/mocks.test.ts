import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import OpenAI from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { getPatchStatus, patch, unpatch } from 'warmline';
import { httpServer } from '../servers/http.js';

const baseURL = 'http://api.example.test/v1';
const models = { object: 'list', data: [{ id: 'mocked', object: 'model' }] };

/** The id of the first model that a client is told of. */
async function firstModel(client: OpenAI): Promise<string | undefined> {
  for await (const { id } of client.models.list()) return id;
  return undefined;
}

const make = (origin = baseURL) =>
  new OpenAI({ apiKey: 'sk-test', baseURL: origin, maxRetries: 0 });

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a patched client', () => {
  it.each(['before', 'after'])('is answered by MSW that comes %s it is made', async (when) => {
    const server = setupServer(http.get(`${baseURL}/models`, () => HttpResponse.json(models)));
    if (when === 'before') server.listen();
    const client = make();
    patch(client);
    if (when === 'after') server.listen();
    try {
      expect(await firstModel(client)).toBe('mocked');
    } finally {
      server.close();
      unpatch(client);
    }
  });

  it('is answered by a mock function', async () => {
    const client = make();
    patch(client);
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.resolve(Response.json(models))),
    );
    expect(await firstModel(client)).toBe('mocked');
    unpatch(client);
  });

  it('does not keep MSW from passing requests on to a patched global fetch', async () => {
    await using upstream = await httpServer((_, response) => response.end('real'));
    patch();
    const server = setupServer();
    server.listen({ onUnhandledRequest: 'bypass' });
    try {
      expect(await (await globalThis.fetch(upstream.origin)).text()).toBe('real');
    } finally {
      server.close();
      unpatch();
    }
  });

  it('is back on the engine once the mock is gone, and with a wrapper that is none', async () => {
    await using server = await httpServer((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(models));
    });
    const client = make(server.origin);
    patch(client);
    const mocks = setupServer();
    mocks.listen();
    mocks.close();
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', (...given: Parameters<typeof fetch>) => fetch(...given));
    expect(await firstModel(client)).toBe('mocked');
    expect(getPatchStatus().patched.at(-1)?.statistics).toMatchObject({ calls: 1, fallbacks: 0 });
    unpatch(client);
  });
});
