import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createDispatcher, HttpClient, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { echo } from '../servers/echo.js';
import { type HttpServer, httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { scriptedServer } from '../servers/scripted.js';
import { type Undici, VERSIONS } from './versions.js';

type Dispatcher = InstanceType<Undici['Dispatcher']>;

/** Something to do by a dispatcher, and what comes of it. */
type Deed = (undici: Undici, dispatcher: Dispatcher, origin: string) => Promise<unknown>;

async function server(): Promise<HttpServer> {
  return await httpServer((request, response) => {
    if (request.url === '/cookies') {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('x-latin', Buffer.from('é', 'latin1').toString('latin1'));
      response.writeHead(203, 'Found somewhere').end('cookies');
    } else if (request.url === '/gzip') {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('unpacked'));
    } else if (request.url === '/redirect') {
      response.writeHead(302, { location: '/there' }).end();
    } else if (request.url === '/204') {
      response.writeHead(204).end();
    } else if (request.url === '/500') {
      response.writeHead(500).end('broken');
    } else if (request.url === '/large') {
      for (let i = 0; i < 40; i++) response.write(Buffer.alloc(65_536, i));
      response.end();
    } else void echo(request, response);
  });
}

/** What an echo server saw, without what a dispatcher adds of its own accord. */
function seen(body: string): object {
  const { method, url, headers, body: sent } = JSON.parse(body);
  const added = [
    'host',
    'connection',
    'accept',
    'accept-encoding',
    'user-agent',
    'transfer-encoding',
    'content-length',
  ];
  const given = headers.filter(([name]: [string]) => !added.includes(name.toLowerCase()));
  const sorted = given.map(([name, value]: string[]) => `${name?.toLowerCase()}: ${value}`).sort();
  return { method, url, headers: sorted, body: Buffer.from(sent, 'base64').toString() };
}

function form(undici: Undici): InstanceType<Undici['FormData']> {
  const data = new undici.FormData();
  data.append('name', 'värde');
  data.append('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
  return data;
}

/** A form's body has a boundary of its own. */
const withoutBoundary = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value).replaceAll(/-{2,}[\w-]*(?:boundary|warmline|formdata)[\w-]*/gi, '--b'),
  );

async function* pieces() {
  yield Buffer.from('one ');
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  yield Buffer.from('two');
}

const BODIES: [string, (undici: Undici) => unknown][] = [
  ['nothing', () => null],
  ['an empty string', () => ''],
  ['a string', () => 'ström'],
  ['a Buffer', () => Buffer.from('bytes')],
  ['a view', () => new Uint16Array([0x6161, 0x6262])],
  ['a stream', () => Readable.from([Buffer.from('one '), Buffer.from('two')])],
  ['a stream of strings', () => Readable.from(['one ', 'två'])],
  ['an async iterable', pieces],
  ['an iterable', () => [Buffer.from('one '), Buffer.from('two')]],
];

const DEEDS: [string, Deed][] = [
  ...BODIES.map(([name, body]): [string, Deed] => [
    `request() with ${name}`,
    async (undici, dispatcher, origin) => {
      const options = { dispatcher, method: 'POST' as const, body: body(undici) as string };
      const response = await undici.request(`${origin}/path?q=1`, options);
      return { status: response.statusCode, seen: seen(await response.body.text()) };
    },
  ]),
  ...(
    [
      ['an object', { 'X-One': '1', 'x-list': ['a', 'b'] }],
      ['a flat array', ['X-One', '1', 'x-two', '2']],
      ['pairs', new Map([['X-One', '1']])],
      ['Headers', new Headers({ 'x-one': '1' })],
    ] as unknown as [string, Record<string, string>][]
  ).map(([name, headers]): [string, Deed] => [
    `headers as ${name}`,
    async (undici, dispatcher, origin) => {
      const { body } = await undici.request(origin, { dispatcher, headers });
      return seen(await body.text());
    },
  ]),
  [
    'a query',
    async (undici, dispatcher, origin) => {
      const query = { a: 'b c', d: ['1', '2'] as unknown as string };
      const { body } = await undici.request(`${origin}/p`, { dispatcher, query });
      return seen(await body.text());
    },
  ],
  [
    'cookies, other statuses and their texts',
    async (undici, dispatcher, origin) => {
      const response = await undici.request(`${origin}/cookies`, { dispatcher });
      const { 'set-cookie': cookies, 'x-latin': latin } = response.headers;
      return [response.statusCode, cookies, latin, await response.body.text()];
    },
  ],
  ...['HEAD', 'OPTIONS', 'DELETE', 'PATCH'].map((method): [string, Deed] => [
    method,
    async (undici, dispatcher, origin) => {
      const { statusCode, body } = await undici.request(origin, {
        dispatcher,
        method: method as 'HEAD',
      });
      const answer = await body.text();
      return [statusCode, answer === '' ? '' : seen(answer)];
    },
  ]),
  [
    'a redirect, which is not followed',
    async (undici, dispatcher, origin) => {
      const response = await undici.request(`${origin}/redirect`, { dispatcher });
      return [response.statusCode, response.headers['location'], await response.body.text()];
    },
  ],
  [
    'what is compressed, as it is',
    async (undici, dispatcher, origin) => {
      const { headers, body } = await undici.request(`${origin}/gzip`, { dispatcher });
      return [headers['content-encoding'], Buffer.from(await body.bytes()).toString('hex')];
    },
  ],
  [
    'no content',
    async (undici, dispatcher, origin) => {
      const { statusCode, body } = await undici.request(`${origin}/204`, { dispatcher });
      return [statusCode, await body.text()];
    },
  ],
  [
    'stream()',
    async (undici, dispatcher, origin) => {
      let status = 0;
      const into = new PassThrough();
      const all = text(into);
      await undici.stream(`${origin}/500`, { dispatcher, method: 'GET' }, ({ statusCode }) => {
        status = statusCode;
        return into;
      });
      return [status, await all];
    },
  ],
  [
    'pipeline()',
    async (undici, dispatcher, origin) => {
      const through = undici.pipeline(origin, { dispatcher, method: 'POST' }, ({ body }) => body);
      Readable.from(['up ', 'stream']).pipe(through);
      return seen(await text(through));
    },
  ],
  [
    'fetch() of JSON',
    async (undici, dispatcher, origin) => {
      const init = { dispatcher, method: 'POST', body: '{"a":1}', headers: { 'x-a': 'b' } };
      const response = await undici.fetch(origin, init);
      return [response.status, response.headers.get('content-type'), seen(await response.text())];
    },
  ],
  [
    'fetch() of a form',
    async (undici, dispatcher, origin) => {
      const response = await undici.fetch(origin, {
        dispatcher,
        method: 'POST',
        body: form(undici),
      });
      return withoutBoundary(seen(await response.text()));
    },
  ],
  [
    'fetch() of a stream',
    async (undici, dispatcher, origin) => {
      const body = ReadableStream.from(pieces()) as unknown as string;
      const response = await undici.fetch(origin, {
        dispatcher,
        method: 'POST',
        body,
        duplex: 'half',
      });
      return seen(await response.text());
    },
  ],
  [
    'fetch() that follows',
    async (undici, dispatcher, origin) => {
      const response = await undici.fetch(`${origin}/redirect`, { dispatcher });
      return [response.redirected, seen(await response.text())];
    },
  ],
  [
    'fetch() of what is compressed',
    async (undici, dispatcher, origin) =>
      await (await undici.fetch(`${origin}/gzip`, { dispatcher })).text(),
  ],
  [
    'fetch() of much',
    async (undici, dispatcher, origin) => {
      const bytes = await (await undici.fetch(`${origin}/large`, { dispatcher })).bytes();
      return [bytes.length, bytes.at(-1)];
    },
  ],
  [
    'invalid arguments',
    async (undici, dispatcher, origin) => {
      const bad = [
        { headers: ['odd'] },
        { headers: { 'transfer-encoding': 'chunked' } },
        { headers: { 'bad name': '1' } },
        { headers: { 'x-a': 'a\nb' } },
        { method: 'POST', body: 5 },
      ];
      return await Promise.all(
        bad.map((options) =>
          undici.request(origin, { dispatcher, ...(options as object) }).then(
            () => 'sent',
            () => 'refused',
          ),
        ),
      );
    },
  ],
  [
    'what an interceptor does',
    async (undici, dispatcher, origin) => {
      const redirected = dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 2 }));
      const { statusCode, body } = await undici.request(`${origin}/redirect`, {
        dispatcher: redirected,
      });
      const retried = dispatcher.compose(
        undici.interceptors.retry({ maxRetries: 1, minTimeout: 1, statusCodes: [500] }),
      );
      const failed = await undici
        .request(`${origin}/500`, { dispatcher: retried })
        .catch((error) => error);
      return [statusCode, seen(await body.text()), failed.statusCode];
    },
  ],
];

describe.each(VERSIONS)('by undici %s, the engine gives', (_, undici) => {
  it.each(DEEDS)('as its own agent does: %s', async (__, deed) => {
    await using peer = await server();
    const agent = new undici.Agent();
    await using client = new HttpClient();
    const expected = await deed(undici, agent, peer.origin);
    expect(await deed(undici, createDispatcher(undici, { client }), peer.origin)).toEqual(expected);
    expect(expected).toBeDefined();
    await agent.destroy();
  });
});

describe.each(VERSIONS)("a dispatcher of undici %s's on the engine", (_, undici) => {
  it('is one of its own, and serves built-in fetch', async () => {
    await using peer = await server();
    await using client = new HttpClient();
    const dispatcher = createDispatcher(undici, { client });
    expect(dispatcher).toBeInstanceOf(undici.Dispatcher);
    const init = { dispatcher, method: 'POST', body: 'by built-in fetch' } as object;
    expect(seen(await (await fetch(peer.origin, init)).text())).toMatchObject({
      body: 'by built-in fetch',
    });
    expect(client.getPoolMetrics().totalRequests).toBe(1);
  });

  it('sends what fetch has at hand with its length', async () => {
    await using peer = await server();
    const dispatcher = createDispatcher(undici);
    const response = await undici.fetch(peer.origin, { dispatcher, method: 'POST', body: 'known' });
    const { headers } = (await response.json()) as { headers: [string, string][] };
    const names = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(names.get('content-length')).toBe('5');
    expect(names.has('transfer-encoding')).toBe(false);
  });

  it('hands over a body that trailers follow, and drops those', async () => {
    await using peer = await httpServer((_, response) => {
      response.writeHead(200, { trailer: 'x-sum' }).write('body');
      response.addTrailers({ 'x-sum': '1' });
      response.end();
    });
    const response = await undici.request(peer.origin, { dispatcher: createDispatcher(undici) });
    expect(await response.body.text()).toBe('body');
    expect(response.trailers).toEqual({});
  });

  it('reads no faster than its reader', async () => {
    let sent = 0;
    let writable = true;
    await using peer = await httpServer((request, response) => {
      const more = () => {
        if (request.destroyed) return;
        sent += 65_536;
        writable = response.write(Buffer.alloc(65_536), () => setImmediate(more));
      };
      more();
    });
    const dispatcher = createDispatcher(undici);
    const { body } = await undici.request(peer.origin, { dispatcher });
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    const stalled = async () => {
      for (let before = -1; before !== sent || writable; ) {
        before = sent;
        for (let i = 0; i < 200; i++) await new Promise(setImmediate);
      }
      return sent;
    };
    const first = await stalled();
    expect(first).toBeLessThan(32 * 1024 * 1024);
    let read = 0;
    while (read < first) read += ((await reader.next()).value as Buffer).length;
    expect(await stalled()).toBeGreaterThan(first);
    body.on('error', () => {}).destroy();
    await peer.closed(0);
  });

  it('stops the upstream when it is aborted, before and after the head', async () => {
    await using peer = await httpServer((request, response) => {
      if (request.url === '/head') response.write('begun');
    });
    const dispatcher = createDispatcher(undici);
    const before = new AbortController();
    const request = undici.request(peer.origin, { dispatcher, signal: before.signal });
    const outcome = rejection(request);
    await peer.arrived(1);
    before.abort(new Error('enough'));
    expect(await outcome).toMatchObject({ message: 'enough' });
    await peer.closed(0);
    const after = new AbortController();
    const options = { dispatcher, signal: after.signal };
    const { body } = await undici.request(`${peer.origin}/head`, options);
    after.abort(new Error('enough'));
    await expect(body.text()).rejects.toThrow('enough');
    await peer.closed(1);
    const aborted = undici.request(peer.origin, { dispatcher, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(peer.accepted).toHaveLength(2);
  });

  it('fails with typed errors, of a request and in the middle of a body', async () => {
    await using peer = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
      connection.reset();
    });
    const dispatcher = createDispatcher(undici);
    const refused = await undici
      .request(await refusingOrigin(), { dispatcher })
      .catch((error) => error);
    expect(refused).toBeInstanceOf(WarmlineError);
    expect(refused).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect' });
    const cut = undici.request(peer.origin, { dispatcher }).then(({ body }) => body.text());
    await expect(cut).rejects.toMatchObject({ phase: 'body' });
    const late = undici.request(peer.origin, {
      dispatcher,
      method: 'POST',
      body: failing() as never,
    });
    await expect(late).rejects.toThrow('source failed');
  });

  it('keeps to the deadlines that are set', async () => {
    await using peer = await httpServer((request, response) => {
      if (request.url === '/body') response.write('begun');
    });
    const dispatcher = createDispatcher(undici);
    await expect(
      undici.request(peer.origin, { dispatcher, headersTimeout: 20 }),
    ).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    const { body } = await undici.request(`${peer.origin}/body`, { dispatcher, bodyTimeout: 20 });
    await expect(body.text()).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('refuses what the engine does not do, and sends nothing', async () => {
    await using peer = await server();
    const dispatcher = createDispatcher(undici);
    const refusals = [
      undici.upgrade(peer.origin, { dispatcher, protocol: 'websocket' } as never),
      undici.connect(peer.origin, { dispatcher } as never),
      undici.request(peer.origin, { dispatcher, method: 'GET', body: 'x' }),
      undici.request(peer.origin, { dispatcher, headers: { host: 'elsewhere' } }),
    ];
    for (const refusal of refusals) {
      await expect(refusal).rejects.toMatchObject({ code: 'UND_ERR_NOT_SUPPORTED' });
    }
    expect(peer.accepted).toHaveLength(0);
  });

  it('ends: closed, after what is under way; destroyed, with it', async () => {
    const held: (() => void)[] = [];
    await using peer = await httpServer((_, response) => {
      held.push(() => response.end('done'));
    });
    const closing = createDispatcher(undici);
    const last = undici
      .request(peer.origin, { dispatcher: closing })
      .then(({ body }) => body.text());
    await peer.arrived(1);
    const closed = closing.close();
    const refused = undici.request(peer.origin, { dispatcher: closing });
    await expect(refused).rejects.toMatchObject({ code: 'WARMLINE_CLOSED' });
    held[0]?.();
    await closed;
    expect(await last).toBe('done');
    const destroyed = createDispatcher(undici);
    const stopped = undici.request(peer.origin, { dispatcher: destroyed });
    const outcome = expect(stopped).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
    await new Promise<void>((resolve) => destroyed.destroy(resolve));
    await outcome;
  });

  it('is told of a handler that throws, and aborts its request', async () => {
    await using peer = await server();
    const dispatcher = createDispatcher(undici);
    const into = () => {
      throw new Error('no writable here');
    };
    const streamed = undici.stream(peer.origin, { dispatcher, method: 'GET' }, into as never);
    await expect(streamed).rejects.toThrow('no writable here');
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
    const full = undici.stream(peer.origin, { dispatcher, method: 'GET' }, () => failing);
    await expect(full).rejects.toThrow('full');
  });
});

async function* failing() {
  yield Buffer.from('begun');
  await new Promise(setImmediate);
  throw new Error('source failed');
}

it('createDispatcher refuses what is not undici, and what is no client', () => {
  const [[, undici]] = VERSIONS as [[string, Undici]];
  expect(() => createDispatcher({} as never)).toThrow(TypeError);
  expect(() => createDispatcher(undici, { client: {} as HttpClient })).toThrow(/client/);
});
