import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { events, fetch, HttpClient, patch, textDeltas } from 'warmline';
import { CertificateAuthority } from '../servers/certificates.js';
import { http2Server } from '../servers/http2.js';
import { type ScriptedServer, scriptedServer } from '../servers/scripted.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
const FIRST_OF_OPENAI = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
const FIRST_OF_ANTHROPIC = `event: message_start\ndata: ${JSON.stringify({
  type: 'message_start',
  message: { id: 'm', type: 'message', role: 'assistant', content: [], model: 'm', usage: {} },
})}\n\n`;

/** What a way of going is given. */
interface Setting {
  readonly origin: string;
  readonly client: HttpClient;
  /** The request has arrived. */
  readonly requested: Promise<unknown>;
  /** Says to the server that there is something to answer, which it does with a head and the first event. */
  answer(): void;
}

type Way = (setting: Setting) => Promise<unknown>;

const MESSAGES = [{ role: 'user' as const, content: 'Hello!' }];

function openaiStream({ origin }: Setting, signal?: AbortSignal) {
  const client = patch(new OpenAI({ apiKey: 'x', baseURL: origin, maxRetries: 0 }));
  const request = { model: 'm', messages: MESSAGES, stream: true } as const;
  return client.chat.completions.create(request, signal === undefined ? {} : { signal });
}

function anthropic({ origin }: Setting): Anthropic {
  return patch(new Anthropic({ apiKey: 'x', baseURL: origin, maxRetries: 0 }));
}

const ASKED = { model: 'm', messages: MESSAGES, max_tokens: 5 };

function anthropicStream(setting: Setting, signal?: AbortSignal) {
  const request = { ...ASKED, stream: true } as const;
  return anthropic(setting).messages.create(request, signal === undefined ? {} : { signal });
}

/** Reads the first of a stream and leaves. */
async function leave(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) return;
}

/** Reads until the end of the stream, which has to come soon after `stop`, as an error or none. */
async function readAnd(stop: () => void, stream: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of stream) stop();
  } catch (error) {
    expect(String(error)).toMatch(/abort/i);
  }
}

/** A request that is stopped before anything was answered to it. */
function stopped(ask: (setting: Setting, signal: AbortSignal) => Promise<unknown>): Way {
  return async (setting) => {
    const controller = new AbortController();
    const asked = ask(setting, controller.signal).then(
      () => {
        throw new Error('it was answered');
      },
      (error: unknown) => expect(String(error)).toMatch(/abort/i),
    );
    await setting.requested;
    controller.abort();
    await asked;
  };
}

/** A request that is answered; what follows is done with the response. */
function answered(then: (response: Response, stop: () => void) => unknown): Way {
  return async ({ origin, answer }) => {
    const controller = new AbortController();
    answer();
    const response = await fetch(origin, { signal: controller.signal });
    await then(response, () => controller.abort());
  };
}

/** A stream of an SDK's that has begun; what follows is done with it. */
function begun<T>(
  open: (setting: Setting, signal: AbortSignal) => PromiseLike<T>,
  then: (stream: T, stop: () => void) => unknown,
): Way {
  return async (setting) => {
    const controller = new AbortController();
    setting.answer();
    await then(await open(setting, controller.signal), () => controller.abort());
  };
}

async function failed(promise: Promise<unknown> | undefined): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
}

const WAYS: Record<string, Way> = {
  'fetch, aborted before the head': stopped(({ origin }, signal) => fetch(origin, { signal })),
  'fetch, aborted before anybody reads': answered((_, stop) => stop()),
  'fetch, aborted while text() waits': answered((response, stop) => {
    const text = response.text();
    stop();
    return failed(text);
  }),
  'fetch, aborted while a reader waits': answered(async (response, stop) => {
    const reader = response.body?.getReader();
    await reader?.read();
    const next = reader?.read();
    stop();
    await failed(next);
  }),
  'fetch, body.cancel()': answered((response) => response.body?.cancel()),
  'fetch, body.cancel() with a reason': answered((response) => response.body?.cancel(new Error())),
  'fetch, a reader that cancels': answered(async (response) => {
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
  }),
  'fetch, a loop over the body that is left': answered((response) =>
    leave(response.body as ReadableStream),
  ),
  'fetch, both clones cancelled': answered(async (response) => {
    const clone = response.clone();
    await Promise.all([response.body?.cancel(), clone.body?.cancel()]);
  }),
  'fetch, a pipe that breaks': answered(async (response) => {
    const broken = new WritableStream({ write: () => Promise.reject(new Error('full')) });
    await expect(response.body?.pipeTo(broken)).rejects.toThrow('full');
  }),
  'fetch on a client that is destroyed': async ({ origin, client, answer }) => {
    answer();
    const response = await client.fetch(origin);
    client.destroy();
    await failed(response.text());
  },
  'request, aborted before the head': stopped(({ origin, client }, signal) =>
    client.request('GET', origin, { signal }),
  ),
  'request, aborted in the body': stopped(({ origin, client, answer }, signal) => {
    answer();
    return client.request('GET', origin, { signal });
  }),
  'request on a client that is destroyed': async ({ origin, client, requested }) => {
    const asked = client.request('GET', origin);
    await requested;
    client.destroy();
    await failed(asked);
  },
  'events, left': answered((response) => leave(events(response))),
  'events, returned before they are read': answered((response) => events(response).return?.()),
  'events, aborted': answered((response, stop) => readAnd(stop, events(response))),
  'events of a client, left': async ({ origin, client, answer }) => {
    answer();
    await leave(client.events(origin));
  },
  'events of a client, left before the head': async ({ origin, client, requested }) => {
    const stream = client.events(origin);
    const next = stream.next();
    await requested;
    await stream.return?.();
    await next;
  },
  'events of a client, aborted before the head': stopped(({ origin, client }, signal) =>
    client.events(origin, { signal }).next(),
  ),
  'textDeltas, left': answered((response) => leave(textDeltas(response))),
  'textDeltas, aborted': answered((response, stop) => readAnd(stop, textDeltas(response))),
  'openai, aborted before the head': stopped((setting, signal) =>
    Promise.resolve(openaiStream(setting, signal)),
  ),
  'openai, left': begun(openaiStream, leave),
  'openai, its controller aborted': begun(openaiStream, (stream) =>
    readAnd(() => stream.controller.abort(), stream),
  ),
  'openai, aborted': begun(openaiStream, (stream, stop) => readAnd(stop, stream)),
  'openai, both of a tee left': begun(openaiStream, async (stream) => {
    for (const half of stream.tee()) await leave(half);
    stream.controller.abort();
  }),
  'openai, toReadableStream() cancelled': begun(openaiStream, (stream) =>
    stream.toReadableStream().cancel(),
  ),
  'anthropic, aborted before the head': stopped((setting, signal) =>
    Promise.resolve(anthropicStream(setting, signal)),
  ),
  'anthropic, left': begun(anthropicStream, leave),
  'anthropic, its controller aborted': begun(anthropicStream, (stream) =>
    readAnd(() => stream.controller.abort(), stream),
  ),
  'anthropic, aborted': begun(anthropicStream, (stream, stop) => readAnd(stop, stream)),
  "anthropic's helper, aborted": async (setting) => {
    setting.answer();
    const stream = anthropic(setting).messages.stream(ASKED);
    await readAnd(() => stream.abort(), stream);
  },
  "anthropic's helper, left": async (setting) => {
    setting.answer();
    await leave(anthropic(setting).messages.stream(ASKED));
  },
};

/** Ways of forgetting: nothing is called, and what is collected stops its upstream. */
const FORGOTTEN: Record<string, Way> = {
  'a response that nobody read': answered(() => {}),
  'a body that nobody read': answered((response) => response.body !== null),
  'a reader that nobody reads on': answered((response) => response.body?.getReader().read()),
  'events that nobody read': answered((response) => {
    events(response);
  }),
  'events that nobody reads on': answered((response) => events(response).next()),
  'text that nobody reads on': answered((response) => textDeltas(response).next()),
  'events of a client that nobody reads on': async ({ origin, client, answer }) => {
    answer();
    await client.events(origin).next();
  },
};

async function go(name: string, way: Way, afterwards: (server: ScriptedServer) => Promise<void>) {
  let answer = () => {};
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let arrived = () => {};
  const requested = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const first = name.startsWith('anthropic') ? FIRST_OF_ANTHROPIC : FIRST_OF_OPENAI;
  await using server = await scriptedServer(async (connection) => {
    await connection.request();
    arrived();
    await answering;
    await connection.send(HEAD + first);
  });
  const client = new HttpClient();
  await way({ origin: server.origin, client, requested, answer });
  await afterwards(server);
  // Its answer never ends: only the client can have closed the connection.
  await server.connections[0]?.peerClosed;
  expect(server.connections.length).toBe(1);
  answer();
  client.destroy();
}

it.each(Object.entries(WAYS))('%s: the server sees the connection close', async (name, way) => {
  await go(name, way, async () => {});
});

it.each(Object.entries(FORGOTTEN))(
  '%s: the server sees the connection close once it is collected',
  async (name, way) => {
    await go(name, way, async (server) => {
      let open = true;
      const closed = server.connections[0]?.peerClosed.then(() => {
        open = false;
      });
      while (open) {
        collectGarbage();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
    });
  },
);

/** A response that has begun and will not end, on whatever protocol; the server says when it was stopped. */
interface Endless extends AsyncDisposable {
  readonly url: string;
  readonly client: HttpClient;
  /** When, by the server's clock, the one response of that number was stopped. */
  stopped(number: number): Promise<number>;
}

const PROTOCOLS: Record<string, () => Promise<Endless>> = {
  async 'HTTP/1.1'() {
    const server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(HEAD + FIRST_OF_OPENAI);
    });
    return {
      url: server.origin,
      client: new HttpClient(),
      async stopped(number) {
        await (await server.connection(number)).peerClosed;
        return performance.now();
      },
      [Symbol.asyncDispose]: server[Symbol.asyncDispose],
    };
  },
  async 'HTTP/2'() {
    const authority = new CertificateAuthority('Root');
    const identity = authority.issue({ name: 'leaf', hosts: ['localhost'] });
    const stops: Promise<number>[] = [];
    const server = await http2Server(identity, (stream) => {
      stops.push(new Promise((resolve) => stream.once('close', () => resolve(performance.now()))));
      stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
      stream.write(FIRST_OF_OPENAI);
    });
    return {
      url: server.url(),
      client: new HttpClient({ tls: { ca: authority.cert } }),
      stopped: (number) => stops[number] as Promise<number>,
      [Symbol.asyncDispose]: server[Symbol.asyncDispose],
    };
  },
};

/** Ways to stop a stream of which something was read; each says when it did. */
const STOPS: Record<string, (client: HttpClient, url: string) => Promise<number>> = {
  async 'an abort'(client, url) {
    const controller = new AbortController();
    const response = await client.fetch(url, { signal: controller.signal });
    const text = response.text();
    const at = performance.now();
    controller.abort();
    await failed(text);
    return at;
  },
  async 'body.cancel()'(client, url) {
    const response = await client.fetch(url);
    const at = performance.now();
    await response.body?.cancel();
    return at;
  },
  async 'a loop that is left'(client, url) {
    let at = 0;
    for await (const _ of client.events(url)) {
      at = performance.now();
      break;
    }
    return at;
  },
  async 'a stream of an SDK that is left'(client, url) {
    const sdk = patch(new OpenAI({ apiKey: 'x', baseURL: url, maxRetries: 0 }), { client });
    let at = 0;
    const request = { model: 'm', messages: MESSAGES, stream: true } as const;
    for await (const _ of await sdk.chat.completions.create(request)) {
      at = performance.now();
      break;
    }
    return at;
  },
};

const MOST_MILLISECONDS = 50;
/** A machine that is busy with other things may be late once, and not every time. */
const TRIES = 9;

describe.each(Object.entries(PROTOCOLS))('by %s, the server hears within 50 ms of', (_, start) => {
  it.each(Object.entries(STOPS))('%s', async (__, stop) => {
    await using endless = await start();
    const { client, url } = endless;
    const delays: number[] = [];
    for (let number = 0; number < TRIES; number++) {
      const at = await stop(client, url);
      delays.push((await endless.stopped(number)) - at);
    }
    client.destroy();
    const median = delays.sort((a, b) => a - b)[Math.floor(TRIES / 2)];
    expect(median, delays.join(' ')).toBeLessThan(MOST_MILLISECONDS);
  });
});
