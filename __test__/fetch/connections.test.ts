import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { fetch as warmlineFetch } from 'warmline';
import { echoed, echoServer } from '../servers/echo.js';
import { httpServer } from '../servers/http.js';
import { answer, type ScriptedConnection, scriptedServer } from '../servers/scripted.js';
import { HANDED_BACK_LATE, implementations } from './implementations.js';

/** Answers every request with its target; `after` runs when an answer has been handed to the system. */
async function targetServer(
  after: (connection: ScriptedConnection, target: string) => Promise<void> | void = () => {},
) {
  return await scriptedServer(async (connection) => {
    for (;;) {
      const { target } = await connection.request();
      await connection.send(answer(target));
      await after(connection, target);
    }
  });
}

describe.each(implementations)('$name fetch: a connection', ({ fetch }) => {
  it('serves requests one after another', async () => {
    await using server = await echoServer();
    for (let i = 0; i < 50; i++) await echoed(fetch(server.origin, { method: 'POST', body: 'b' }));
    expect(server.accepted.length).toBeLessThanOrEqual(HANDED_BACK_LATE);
  });

  it('serves one request at a time', async () => {
    const open: ServerResponse[] = [];
    await using server = await httpServer((request, response) => {
      response.setHeader('x-port', String(request.socket.remotePort));
      response.write('begun');
      open.push(response);
      if (open.length === 3) for (const each of open) each.end();
    });
    const responses = await Promise.all([1, 2, 3].map(() => fetch(server.origin)));
    expect(new Set(responses.map((response) => response.headers.get('x-port'))).size).toBe(3);
    await Promise.all(responses.map((response) => response.text()));
  });

  it('that the server closes while it is idle is not used again', async () => {
    await using server = await targetServer((connection) => connection.end());
    for (let i = 0; i < 20; i++) {
      expect(await (await fetch(`${server.origin}/${i}`)).text()).toBe(`/${i}`);
      await server.connections[i]?.closed;
    }
    expect(server.connections.length).toBe(20);
  });

  it('that the server resets while it is idle is not used again', async () => {
    await using server = await targetServer();
    for (let i = 0; i < 20; i++) {
      const other = server.connections.length;
      expect(await (await fetch(`${server.origin}/${i}`)).text()).toBe(`/${i}`);
      const connection = server.connections[other];
      // The next turn of the loop is soon enough for whoever watches idle sockets.
      connection?.reset();
      await connection?.closed;
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
  });

  it('on which the server speaks unasked is not used again', async () => {
    await using server = await targetServer();
    expect(await (await fetch(`${server.origin}/first`)).text()).toBe('/first');
    const first = server.connections[0];
    await first?.send(answer('an answer to nothing'));
    await first?.closed;
    expect(await (await fetch(`${server.origin}/second`)).text()).toBe('/second');
    expect(server.connections.length).toBe(2);
  });

  it.each([
    ['a second answer', answer('an answer to nothing')],
    ['garbage', 'garbage\r\n\r\n'],
    ['one byte', 'x'],
  ])('on which %s follows the answer gives that to nobody', async (_, extra) => {
    await using server = await scriptedServer(async (connection) => {
      for (;;) {
        const { target } = await connection.request();
        await connection.send(answer(target) + extra);
      }
    });
    const [first] = await Promise.allSettled([fetch(`${server.origin}/0`).then((r) => r.text())]);
    if (first.status === 'fulfilled') expect(first.value).toBe('/0');
    await server.connections[0]?.closed;
    const [second] = await Promise.allSettled([fetch(`${server.origin}/1`).then((r) => r.text())]);
    if (second.status === 'fulfilled') expect(second.value).toBe('/1');
    expect(server.connections.length).toBe(2);
  });

  it.each(['connection: close', 'Connection: Keep-Alive, Close'])(
    'is closed after an answer with %s',
    async (line) => {
      await using server = await scriptedServer(async (connection) => {
        await connection.request();
        await connection.send(answer('last', line));
      });
      for (let i = 0; i < 3; i++) {
        expect(await (await fetch(server.origin)).text()).toBe('last');
        await server.connections[i]?.closed;
      }
    },
  );

  it('of HTTP/1.0 is not used again', async () => {
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold');
    });
    for (let i = 0; i < 3; i++) {
      expect(await (await fetch(server.origin)).text()).toBe('old');
      await server.connections[i]?.closed;
    }
  });

  it('belongs to one origin', async () => {
    await using first = await echoServer();
    await using second = await echoServer();
    for (const server of [first, second]) {
      const seen = await echoed(fetch(server.origin));
      expect(seen.header('host')).toBe(`127.0.0.1:${server.port}`);
    }
    expect([first.accepted.length, second.accepted.length]).toEqual([1, 1]);
    await echoed(fetch(`http://localhost:${first.port}`));
    expect(first.accepted.length).toBe(2);
  });

  it('with an unread body keeps no other request waiting', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/large') response.end(Buffer.alloc(8 << 20));
      else response.end('small');
    });
    const unread = await fetch(`${server.origin}/large`);
    for (let i = 0; i < 20; i++) {
      expect(await (await fetch(`${server.origin}/small`)).text()).toBe('small');
    }
    expect((await unread.arrayBuffer()).byteLength).toBe(8 << 20);
  });

  it('is opened for each of a hundred requests at once, and answers are not mixed up', async () => {
    await using server = await targetServer();
    const paths = Array.from({ length: 100 }, (_, i) => `/${i}`);
    const texts = await Promise.all(
      paths.map(async (path) => (await fetch(server.origin + path)).text()),
    );
    expect(texts).toEqual(paths);
    expect(server.connections.length).toBeLessThanOrEqual(100);
  });
});

describe('warmline fetch: a connection', () => {
  const fetch = warmlineFetch;

  it('is the only one that requests one after another need', async () => {
    await using server = await echoServer();
    for (let i = 0; i < 200; i++) {
      if (i % 3 === 0) await fetch(server.origin, { method: 'HEAD' });
      else if (i % 3 === 1) await (await fetch(server.origin)).arrayBuffer();
      else await echoed(fetch(server.origin, { method: 'POST', body: 'b'.repeat(i * 100) }));
    }
    expect(server.accepted.length).toBe(1);
  });

  it('is warm for the next wave of requests', async () => {
    await using server = await echoServer();
    const wave = () => Promise.all(Array.from({ length: 10 }, () => echoed(fetch(server.origin))));
    await wave();
    const opened = server.accepted.length;
    for (let i = 0; i < 20; i++) await wave();
    expect(server.accepted.length).toBe(opened);
    expect(opened).toBeLessThanOrEqual(10);
  });

  // Nothing tells the client of the FIN before it asks: it must look at the socket when it takes it.
  it('that was closed an instant ago is not used for the next request', async () => {
    let closed: () => void = () => {};
    await using server = await scriptedServer(async (connection) => {
      await connection.request();
      await connection.send(answer('once'));
      await connection.finish();
      closed();
    });
    for (let i = 0; i < 200; i++) {
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      expect(await (await fetch(server.origin, { method: 'POST', body: 'b' })).text()).toBe('once');
      await gone;
    }
    expect(server.connections.length).toBe(200);
  });

  // Every byte written to it fails at once: what was not sent can be sent again on another.
  it.each(['GET', 'POST'])(
    'that was reset an instant ago is not used for the next %s',
    async (method) => {
      let served: (connection: ScriptedConnection) => void = () => {};
      await using server = await scriptedServer(async (connection) => {
        await connection.request();
        await connection.send(answer('once'));
        served(connection);
      });
      for (let i = 0; i < 200; i++) {
        const serving = new Promise<ScriptedConnection>((resolve) => {
          served = resolve;
        });
        const init = method === 'POST' ? { method, body: 'b' } : { method };
        expect(await (await fetch(server.origin, init)).text()).toBe('once');
        const connection = await serving;
        connection.reset();
        await connection.closed;
      }
      expect(server.connections.length).toBe(200);
    },
  );

  it('that was spoken on an instant ago is not used for the next request', async () => {
    let spoken: () => void = () => {};
    await using server = await scriptedServer(async (connection) => {
      const { target } = await connection.request();
      await connection.send(answer(target));
      await connection.send(answer('smuggled'));
      spoken();
    });
    for (let i = 0; i < 200; i++) {
      const said = new Promise<void>((resolve) => {
        spoken = resolve;
      });
      expect(await (await fetch(`${server.origin}/${i}`)).text()).toBe(`/${i}`);
      await said;
    }
    expect(server.connections.length).toBe(200);
  });

  it('whose answer said close is not offered to a request that waits', async () => {
    await using server = await scriptedServer(async (connection) => {
      const { target } = await connection.request();
      await connection.send(answer(target, 'connection: close'));
    });
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    for (const path of paths) {
      expect(await (await fetch(server.origin + path)).text()).toBe(path);
    }
    expect(server.connections.length).toBe(50);
  });
});
