import { getEventListeners, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { HttpClient, fetch as warmlineFetch } from 'warmline';
import { deafServer } from '../servers/deaf.js';
import { echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { redirectServer } from '../servers/redirect.js';
import { scriptedServer } from '../servers/scripted.js';
import { type StallPoint, stallingServer } from '../servers/stalling.js';
import { implementations, rejection } from './implementations.js';

const HOUR_MS = 3_600_000;

const REASONS: [string, unknown][] = [
  ['an error', new Error('why')],
  ['text', 'why'],
  ['null', null],
  ['an object', { why: 'because' }],
];

describe.each(implementations)('$name fetch: abort before the call', ({ fetch }) => {
  it.each(REASONS)('rejects with the reason itself: %s', async (_, reason) => {
    await using server = await echoServer();
    expect(await rejection(fetch(server.origin, { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    expect(server.accepted.length).toBe(0);
  });

  it('without a reason rejects with an AbortError', async () => {
    await using server = await echoServer();
    const error = await rejection(fetch(server.origin, { signal: AbortSignal.abort() }));
    expect(error).toBeInstanceOf(DOMException);
    expect((error as DOMException).name).toBe('AbortError');
  });

  it('is seen through a Request', async () => {
    await using server = await echoServer();
    const reason = new Error('why');
    const request = new Request(server.origin, { signal: AbortSignal.abort(reason) });
    expect(await rejection(fetch(request))).toBe(reason);
    expect(server.accepted.length).toBe(0);
  });

  it('cancels a body that is a stream', async () => {
    const reason = new Error('why');
    const cancelled = new Promise((resolve) => {
      const body = new ReadableStream({ cancel: resolve });
      fetch('http://127.0.0.1:9/', {
        method: 'POST',
        body,
        duplex: 'half',
        signal: AbortSignal.abort(reason),
      }).catch(() => {});
    });
    expect(await cancelled).toBe(reason);
  });
});

describe.each(implementations)('$name fetch: abort under way', ({ fetch }) => {
  it('in the turn of the call rejects, and nothing is sent', async () => {
    await using server = await echoServer();
    const abort = new AbortController();
    const answered = fetch(server.origin, { signal: abort.signal });
    const reason = new Error('at once');
    abort.abort(reason);
    expect(await rejection(answered)).toBe(reason);
    await echoed(fetch(server.origin));
    expect(server.requestCount).toBe(1);
  });

  describe.each<StallPoint>(['before the head', 'inside the head'])('%s', (point) => {
    it.each(REASONS)(
      'rejects with the reason itself and closes the connection: %s',
      async (_, reason) => {
        await using server = await stallingServer(point);
        const abort = new AbortController();
        const answered = fetch(server.origin, { signal: abort.signal });
        await server.stalled(1);
        abort.abort(reason);
        expect(await rejection(answered)).toBe(reason);
        await server.connections[0]?.closed;
      },
    );
  });

  it.each<StallPoint>(['after the head', 'inside the body'])(
    '%s fails every way to read with the reason and closes the connection',
    async (point) => {
      await using server = await stallingServer(point);
      const reads: ((response: Response) => Promise<unknown>)[] = [
        (response) => response.text(),
        (response) => response.json(),
        (response) => response.arrayBuffer(),
        (response) => response.blob(),
        (response) => response.clone().text(),
        async (response) => {
          for await (const _ of response.body as ReadableStream);
        },
      ];
      for (const read of reads) {
        const reason = new Error('why');
        const count = server.connections.length + 1;
        const abort = new AbortController();
        const response = await fetch(server.origin, { signal: abort.signal });
        const done = rejection(read(response));
        abort.abort(reason);
        expect(await done).toBe(reason);
        await server.connections[count - 1]?.closed;
      }
    },
  );

  it('fails a body that nobody has begun to read yet', async () => {
    await using server = await stallingServer('inside the body');
    const abort = new AbortController();
    const response = await fetch(server.origin, { signal: abort.signal });
    const reason = new Error('why');
    abort.abort(reason);
    expect(await rejection(response.text())).toBe(reason);
    await server.connections[0]?.closed;
  });

  it('fails both clones', async () => {
    await using server = await stallingServer('inside the body');
    const abort = new AbortController();
    const response = await fetch(server.origin, { signal: abort.signal });
    const both = [rejection(response.clone().text()), rejection(response.text())];
    const reason = new Error('why');
    abort.abort(reason);
    expect(await Promise.all(both)).toEqual([reason, reason]);
    await server.connections[0]?.closed;
  });

  it('fails a wrapped body', async () => {
    await using server = await stallingServer('inside the body');
    const abort = new AbortController();
    const response = await fetch(server.origin, { signal: abort.signal });
    const text = rejection(new Response(response.body, response).text());
    const reason = new Error('why');
    abort.abort(reason);
    expect(await text).toBe(reason);
  });

  it('while it follows redirects rejects and closes the connection', async () => {
    const abort = new AbortController();
    const reason = new Error('why');
    const hops = 5;
    let closed: Promise<unknown> = Promise.resolve();
    await using server = await httpServer((_, response) => {
      if (server.requestCount < hops) response.writeHead(302, { location: '/on' }).end();
      else {
        closed = once(response, 'close');
        abort.abort(reason);
      }
    });
    expect(await rejection(fetch(server.origin, { signal: abort.signal }))).toBe(reason);
    await closed;
    expect(server.requestCount).toBe(hops);
  });

  it('comes from the signal of a Request', async () => {
    await using server = await stallingServer('before the head');
    const abort = new AbortController();
    const answered = fetch(new Request(server.origin, { signal: abort.signal }));
    await server.stalled(1);
    const reason = new Error('why');
    abort.abort(reason);
    expect(await rejection(answered)).toBe(reason);
    await server.connections[0]?.closed;
  });

  it('comes from the signal of init instead of that of a Request', async () => {
    await using server = await stallingServer('before the head');
    const ignored = new AbortController();
    const abort = new AbortController();
    const request = new Request(server.origin, { signal: ignored.signal });
    const answered = fetch(request, { signal: abort.signal });
    await server.stalled(1);
    ignored.abort(new Error('ignored'));
    const reason = new Error('why');
    abort.abort(reason);
    expect(await rejection(answered)).toBe(reason);
  });

  it('does not come from a Request whose signal init takes away', async () => {
    await using server = await echoServer();
    const request = new Request(server.origin, { signal: AbortSignal.abort() });
    expect((await fetch(request, { signal: null })).status).toBe(200);
  });

  it('comes from AbortSignal.timeout as a TimeoutError', async () => {
    await using server = await stallingServer('before the head');
    const error = await rejection(fetch(server.origin, { signal: AbortSignal.timeout(20) }));
    expect(error).toBeInstanceOf(DOMException);
    expect((error as DOMException).name).toBe('TimeoutError');
  });

  it('comes from AbortSignal.any', async () => {
    await using server = await stallingServer('before the head');
    const abort = new AbortController();
    const signal = AbortSignal.any([new AbortController().signal, abort.signal]);
    const answered = fetch(server.origin, { signal });
    await server.stalled(1);
    const reason = new Error('one of them');
    abort.abort(reason);
    expect(await rejection(answered)).toBe(reason);
    await server.connections[0]?.closed;
  });

  it('of one signal stops all its requests, and no other', async () => {
    await using stalled = await stallingServer('before the head');
    const abort = new AbortController();
    const reason = new Error('all');
    const answers = Array.from({ length: 20 }, () =>
      rejection(fetch(stalled.origin, { signal: abort.signal })),
    );
    const other = rejection(fetch(stalled.origin, { signal: AbortSignal.any([]) }));
    await stalled.stalled(21);
    abort.abort(reason);
    expect(new Set(await Promise.all(answers))).toEqual(new Set([reason]));
    const open = Promise.race([other, Promise.resolve('open')]);
    expect(await open).toBe('open');
    other.catch(() => {});
  });

  it('twice keeps the first reason', async () => {
    await using server = await stallingServer('before the head');
    const abort = new AbortController();
    const answered = fetch(server.origin, { signal: abort.signal });
    abort.abort('first');
    abort.abort('second');
    expect(await rejection(answered)).toBe('first');
  });
});

// Only Linux leaves a connection attempt without an answer when the queue of the listener is full.
describe.runIf(process.platform === 'linux').each(implementations)(
  '$name fetch: abort while connecting',
  ({ fetch }) => {
    it('rejects with the reason', async () => {
      await using deaf = await deafServer();
      await using echo = await echoServer();
      const abort = new AbortController();
      const answered = rejection(fetch(deaf.origin, { signal: abort.signal }));
      await echoed(fetch(echo.origin));
      const reason = new Error('why');
      abort.abort(reason);
      expect(await answered).toBe(reason);
    });
  },
);

describe.each(implementations)('$name fetch: abort after the end', ({ fetch }) => {
  it('changes nothing', async () => {
    await using server = await echoServer();
    const abort = new AbortController();
    const response = await fetch(server.origin, { signal: abort.signal });
    const text = await response.text();
    abort.abort();
    expect(text).toContain('"GET"');
    expect(response.status).toBe(200);
    expect(response.bodyUsed).toBe(true);
    expect((await echoed(fetch(server.origin))).method).toBe('GET');
  });

  it('a thousand times leaves the others unharmed and nothing open', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/whole') response.end('whole');
      else if (request.url === '/begun') response.write('begun');
    });
    const reason = new Error('why');
    const aborted = Array.from({ length: 1000 }, async (_, i) => {
      const abort = new AbortController();
      const answered = fetch(`${server.origin}/${i % 2 === 0 ? 'begun' : 'silent'}`, {
        signal: abort.signal,
      });
      if (i % 4 === 0) {
        const response = await answered;
        const text = rejection(response.text());
        abort.abort(reason);
        expect(await text).toBe(reason);
      } else {
        if (i % 4 === 1) abort.abort(reason);
        else setImmediate(() => abort.abort(reason));
        expect(await rejection(answered)).toBe(reason);
      }
    });
    const others = Array.from({ length: 200 }, async () => {
      expect(await (await fetch(`${server.origin}/whole`)).text()).toBe('whole');
    });
    await Promise.all([...aborted, ...others]);
    expect(await (await fetch(`${server.origin}/whole`)).text()).toBe('whole');
  });
});

// Node's own fetch leaves a locked body as it is, and its listeners to the garbage collector.
describe('warmline fetch: abort', () => {
  const fetch = warmlineFetch;

  it('while the request body is sent cancels it and closes the connection', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.head();
    });
    const abort = new AbortController();
    const reason = new Error('why');
    let cancelledWith: unknown;
    const cancelled = new Promise<void>((resolve) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(10)),
        cancel(why) {
          cancelledWith = why;
          resolve();
        },
      });
      const answered = fetch(server.origin, {
        method: 'POST',
        body,
        duplex: 'half',
        signal: abort.signal,
      });
      server
        .connection(0)
        .then((connection) => connection.bytes(1))
        .then(() => abort.abort(reason));
      answered.catch((error: unknown) => expect(error).toBe(reason));
    });
    await cancelled;
    expect(cancelledWith).toBe(reason);
    await server.connections[0]?.closed;
  });

  it('leaves no listener behind on a signal of a thousand requests', async () => {
    await using server = await echoServer();
    await using redirects = await redirectServer();
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    for (let i = 0; i < 100; i++) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, j) => {
          if (j === 0) await (await fetch(`${redirects.origin}/hops/1`, { signal })).text();
          else if (j === 1) await (await fetch(server.origin, { method: 'HEAD', signal })).text();
          else await echoed(fetch(server.origin, { signal }));
        }),
      );
    }
    process.off('warning', warn);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('a thousand times leaves nothing in the pool but what is warm', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/whole') response.end('whole');
      else response.write('begun');
    });
    await using client = new HttpClient({ maxConnections: 50, timeout: HOUR_MS });
    const whole = async () => (await client.fetch(`${server.origin}/whole`)).text();
    await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const abort = new AbortController();
        const answered = client.fetch(`${server.origin}/begun`, { signal: abort.signal });
        if (i % 3 === 0) await answered;
        else if (i % 3 === 1) setImmediate(() => abort.abort());
        abort.abort();
        await answered.catch(() => {});
      }),
    );
    // Every place in the pool is free again: else this would wait for ever.
    expect(await Promise.all(Array.from({ length: 200 }, whole))).toEqual(Array(200).fill('whole'));
    const metrics = client.getPoolMetrics();
    expect(metrics.connectionsTotal).toBeLessThanOrEqual(50);
    expect(metrics.pendingRequests).toBe(0);
  });
});
