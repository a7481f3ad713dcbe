import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { refusingOrigin } from '../servers/refusing.js';
import { all, bothWays, type Deed, QUESTION } from './clients.js';

const STREAMED = { ...QUESTION, stream: true as const, stream_options: { include_usage: true } };

const knobs = (settings: Record<string, string | number>) => ({
  headers: Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`x-mock-${name}`, String(value)]),
  ),
});

const DEEDS: [string, Deed][] = [
  ['a chat completion', (client) => client.chat.completions.create(QUESTION)],
  [
    'a chat completion in chunks',
    (client) => client.chat.completions.create(QUESTION, knobs({ framing: 'chunked' })),
  ],
  [
    'a long chat completion',
    (client) => client.chat.completions.create(QUESTION, knobs({ tokens: 100_000 })),
  ],
  [
    'a streamed chat completion with its usage',
    async (client) => await all(await client.chat.completions.create(STREAMED)),
  ],
  [
    'a long stream',
    async (client) =>
      await all(await client.chat.completions.create(STREAMED, knobs({ tokens: 5000 }))),
  ],
  [
    'a slow stream',
    async (client) =>
      await all(
        await client.chat.completions.create(STREAMED, knobs({ tokens: 20, 'interval-ms': 2 })),
      ),
  ],
  [
    'a stream through the helper',
    async (client) => {
      const runner = client.chat.completions.stream(QUESTION);
      return { events: await all(runner), final: await runner.finalChatCompletion() };
    },
  ],
  [
    'a stream that is split in two',
    async (client) => {
      const [left, right] = (await client.chat.completions.create(STREAMED)).tee();
      return await Promise.all([all(left), all(right)]);
    },
  ],
  [
    'a stream that is passed on',
    async (client) => {
      const stream = await client.chat.completions.create(STREAMED);
      return await new Response(stream.toReadableStream()).text();
    },
  ],
  ['the responses API', (client) => client.responses.create({ model: 'mock', input: 'Hi' })],
  [
    'the responses API, streamed',
    async (client) =>
      await all(await client.responses.create({ model: 'mock', input: 'Hi', stream: true })),
  ],
  ['the list of models', async (client) => await all(client.models.list())],
  [
    'the response with its data',
    async (client) => {
      const { data, response, request_id } = await client.chat.completions
        .create(QUESTION)
        .withResponse();
      const { status, statusText, ok, redirected, type, bodyUsed, url, headers } = response;
      const seen = { status, statusText, ok, redirected, type, bodyUsed, url, headers };
      return { data, request_id, ...seen };
    },
  ],
  [
    'the raw response',
    async (client) => {
      const response = await client.chat.completions.create(QUESTION).asResponse();
      const copy = response.clone();
      return [response.bodyUsed, await response.json(), await copy.text(), response.bodyUsed];
    },
  ],
  [
    'the raw response of a stream',
    async (client) => {
      const response = await client.chat.completions.create(STREAMED).asResponse();
      return [response.headers, await response.text()];
    },
  ],
  [
    'many answers at once',
    async (client) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => client.chat.completions.create(QUESTION)),
      );
      return answers.map(({ choices, usage }) => ({ choices, usage }));
    },
  ],
  [
    'an answer with many headers',
    async (client) => {
      const { response } = await client.models.list(knobs({ headers: 100 })).withResponse();
      return response.headers;
    },
  ],
];

/** The first code in an error's chain of causes. */
function codeIn(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return code ?? codeIn(cause);
}

describe('a patched OpenAI client gives', () => {
  it.each(DEEDS)('%s as one that is not', async (_, deed) => {
    const { plain, patched } = await bothWays(deed);
    expect(plain.error).toBeUndefined();
    expect(patched).toEqual(plain);
  });
});

describe('a patched OpenAI client fails', () => {
  it.each([400, 401, 403, 404, 422])('with status %i as one that is not', async (status) => {
    const { plain, patched } = await bothWays((client) =>
      client.chat.completions.create(QUESTION, knobs({ status })),
    );
    expect(plain).toMatchObject({ error: { status }, server: { requests: 1 } });
    expect(patched).toEqual(plain);
  });

  it.each([408, 409, 429, 500, 503])(
    'with status %i after as many tries, which the server counts',
    async (status) => {
      const { plain, patched } = await bothWays((client) =>
        client.chat.completions.create(QUESTION, knobs({ status })),
      );
      expect(plain).toMatchObject({ error: { status }, server: { requests: 3 } });
      expect(patched).toEqual(plain);
    },
  );

  it('to stream what is an error, as one that is not', async () => {
    const { plain, patched } = await bothWays((client) =>
      client.chat.completions.create(STREAMED, knobs({ status: 400 })),
    );
    expect(plain).toMatchObject({ error: { status: 400 } });
    expect(patched).toEqual(plain);
  });

  it.each(['before', 'headers', 'body'])(
    'where the server closes (%s) after as many tries as one that is not',
    async (close) => {
      const { plain, patched } = await bothWays((client) =>
        client.chat.completions.create(QUESTION, { ...knobs({ close }), maxRetries: 1 }),
      );
      expect(plain.error).toBeDefined();
      expect(patched.error).toMatchObject(plain.error as object);
      expect(patched.server.requests).toBe(plain.server.requests);
    },
  );

  it('where a stream is cut, after the same events', async () => {
    const { plain, patched } = await bothWays(async (client) => {
      const events: unknown[] = [];
      const stream = await client.chat.completions.create(STREAMED, knobs({ close: 'body' }));
      try {
        for await (const event of stream) events.push(event);
      } catch (error) {
        return {
          events,
          class: (error as Error).constructor.name,
          message: (error as Error).message,
        };
      }
      return { events };
    });
    expect(patched).toEqual(plain);
    expect(plain.value).toMatchObject({ class: 'TypeError', message: 'terminated' });
  });

  it('where nobody listens, and says why', async () => {
    const codes = new Set<string>();
    const { plain, patched } = await bothWays(
      async (client) => {
        try {
          await client.models.list();
        } catch (error) {
          codes.add(codeIn(error));
          throw error;
        }
      },
      { baseURL: `${await refusingOrigin()}/v1`, maxRetries: 0 },
    );
    expect(plain.error).toMatchObject({ class: 'APIConnectionError' });
    expect(patched.error).toEqual(plain.error);
    expect([...codes]).toEqual(['ECONNREFUSED']);
  });

  it('when its time is up', async () => {
    const { plain, patched } = await bothWays((client) =>
      client.models.list({ ...knobs({ 'latency-ms': 60_000 }), timeout: 100, maxRetries: 0 }),
    );
    expect(plain).toMatchObject({ error: { class: 'APIConnectionTimeoutError' } });
    expect(patched.error).toEqual(plain.error);
  });
});

describe('a patched OpenAI client, told to stop,', () => {
  it('stops a request that is not answered, at the server too', async () => {
    const { plain, patched } = await bothWays(async (client, provider) => {
      const abort = new AbortController();
      const settings = { ...knobs({ 'latency-ms': 60_000 }), signal: abort.signal };
      const stopped = client.models.list(settings).then(
        () => undefined,
        (reason: Error) => reason.constructor.name,
      );
      await provider.until(({ requests }) => requests === 1);
      abort.abort();
      await provider.until(({ requests_aborted }) => requests_aborted === 1);
      return await stopped;
    });
    expect(patched).toEqual(plain);
    expect(patched.value).toBe('APIUserAbortError');
  });

  it('stops a stream, at the server too', async () => {
    const { plain, patched } = await bothWays(async (client, provider) => {
      const stream = await client.chat.completions.create(
        STREAMED,
        knobs({ tokens: 1_000_000, 'stall-after': 3 }),
      );
      const events: unknown[] = [];
      for await (const event of stream) {
        events.push(event);
        if (events.length === 3) stream.controller.abort();
      }
      await provider.until(({ streams_open }) => streams_open === 0);
      return events;
    });
    expect(patched).toEqual(plain);
    expect(patched.value).toHaveLength(3);
  });

  it('by leaving the loop, stops a stream, at the server too', async () => {
    const { plain, patched } = await bothWays(async (client, provider) => {
      const stream = await client.chat.completions.create(STREAMED, knobs({ tokens: 1_000_000 }));
      let first: unknown;
      for await (const event of stream) {
        first = event;
        break;
      }
      await provider.until(({ streams_open }) => streams_open === 0);
      return first;
    });
    expect(plain.error).toBeUndefined();
    expect(patched).toEqual(plain);
  });
});

it('all requests of patched clients share the connections', async () => {
  const { patched } = await bothWays(async (client, provider) => {
    for (let i = 0; i < 5; i++) await client.models.list();
    const other = new OpenAI({ apiKey: 'other', baseURL: client.baseURL });
    Object.assign(other, { fetch: (client as unknown as { fetch: unknown }).fetch });
    for (let i = 0; i < 5; i++) await other.models.list();
    return (await provider.stats()).connections_accepted;
  });
  expect(patched.value).toBe(1);
});
