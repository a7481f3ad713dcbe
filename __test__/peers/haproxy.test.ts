import { describe, expect, it } from 'vitest';
import { HttpClient } from 'warmline';
import { httpServer } from '../servers/http.js';
import { describeWith, type Peer, startPeer } from './peer.js';

/** Starts an haproxy before the server at this port. */
function haproxy(
  backend: number,
  { frontend = '', server = '' }: { frontend?: string; server?: string },
): Promise<Peer> {
  return startPeer({
    program: 'haproxy',
    args: () => ['-db', '-f', 'haproxy.cfg'],
    files: (port) => ({
      'haproxy.cfg': `
        global
          # Several would not count alike.
          nbthread 1
        defaults
          mode http
          timeout connect 5s
          timeout queue 20ms
          timeout client 30s
          timeout server 30s
        frontend front
          bind 127.0.0.1:${port}
          ${frontend}
          default_backend back
        backend back
          server one 127.0.0.1:${backend} ${server}
`,
    }),
  });
}

/** Sends back what it got, and counts each body. */
async function counting() {
  const seen = new Map<string, number>();
  const server = await httpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    seen.set(body, (seen.get(body) ?? 0) + 1);
    response.end(body);
  });
  return { ...server, seen };
}

describeWith('haproxy', () => {
  it('that closes idle connections is asked on fresh ones', async () => {
    await using server = await counting();
    await using peer = await haproxy(server.port, { frontend: 'timeout http-keep-alive 20ms' });
    await using client = new HttpClient();
    const url = `http://127.0.0.1:${peer.port}/`;
    for (let round = 0; round < 5; round++) {
      const bodies = [1, 2, 3].map((number) => `${round}.${number}`);
      const answers = bodies.map((body) => client.request('POST', url, { body }));
      expect((await Promise.all(answers)).map((answer) => answer.text())).toEqual(bodies);
      while (client.getPoolMetrics().connectionsIdle > 0) await new Promise(setImmediate);
    }
    expect([...server.seen.values()]).toEqual(Array(15).fill(1));
  });

  it('that answers 408 to nobody is not taken at its word', async () => {
    await using server = await counting();
    // A connection without a request is told "408 Request Time-out" and closed.
    await using peer = await haproxy(server.port, { frontend: 'timeout http-request 20ms' });
    await using client = new HttpClient();
    const url = `http://127.0.0.1:${peer.port}/`;
    await client.preconnect(url, 3);
    while (client.getPoolMetrics().connectionsIdle > 0) await new Promise(setImmediate);
    const response = await client.request('POST', url, { body: 'mine' });
    expect([response.status, response.text()]).toEqual([200, 'mine']);
  });

  describe('that takes few connections', () => {
    it('answers each request in its turn, once', async () => {
      await using server = await counting();
      const frontend = 'maxconn 2\n          timeout http-keep-alive 20ms';
      await using peer = await haproxy(server.port, { frontend });
      await using client = new HttpClient();
      const url = `http://127.0.0.1:${peer.port}/`;
      const bodies = Array.from({ length: 12 }, (_, number) => `${number}`);
      const answers = bodies.map((body) => client.request('POST', url, { body }));
      expect((await Promise.all(answers)).map((answer) => answer.text())).toEqual(bodies);
      expect([...server.seen.values()]).toEqual(Array(12).fill(1));
    });

    it('and lets nobody wait for long answers 503, which is an answer', async () => {
      let letGo = () => {};
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await using server = await httpServer(async (_, response) => {
        await held;
        response.end('served');
      });
      await using peer = await haproxy(server.port, { server: 'maxconn 1' });
      await using client = new HttpClient({ retry: false });
      const url = `http://127.0.0.1:${peer.port}/`;
      let refused = 0;
      const answers = Array.from({ length: 4 }, async () => {
        const { status } = await client.request('GET', url);
        if (status === 503) refused += 1;
        if (refused === 3) letGo();
        return status;
      });
      expect((await Promise.all(answers)).toSorted()).toEqual([200, 503, 503, 503]);
      expect(client.getPoolMetrics().errorCount).toBe(0);
    });
  });
});
