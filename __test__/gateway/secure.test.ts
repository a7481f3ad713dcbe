import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type ClientHttp2Stream, connect, createServer, type Http2Server } from 'node:http2';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fetch, type PipeReport, pipe } from 'warmline';
import { selfSigned } from '../servers/certificates.js';
import { httpsServer } from '../servers/https.js';
import { chunk, event, head, LAST, upstream, whole } from './gateway.js';

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const counted = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

/** A gateway that speaks HTTP/2 without TLS. */
async function http2Gateway(origin: string) {
  const reports: Promise<PipeReport>[] = [];
  const server: Http2Server = createServer(async (_, response) => {
    reports.push(pipe(await fetch(origin), response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    reports,
    get: (): ClientHttp2Stream => session.request({ ':path': '/' }),
    async [Symbol.asyncDispose]() {
      session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('pipe by way of JavaScript', () => {
  it('passes on to a client in TLS', async () => {
    await using provider = await upstream();
    const reports: Promise<PipeReport>[] = [];
    const identity = selfSigned({ name: 'localhost', hosts: ['localhost'] });
    await using server = await httpsServer(identity, async (_, response) => {
      reports.push(pipe(await fetch(provider.origin), response));
    });
    const options = { ca: identity.cert, port: server.port, host: 'localhost', agent: false };
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      get(options, resolve).once('error', reject);
    });
    const connection = await provider.asked(0);
    await connection.send(head());
    const response = await answer;
    await connection.send(chunk(event({ usage })) + LAST);
    expect(await whole(response)).toBe(event({ usage }));
    expect(await reports[0]).toMatchObject({ end: 'complete', usage: counted, native: false });
  });

  it('passes on to a client of HTTP/2', async () => {
    await using provider = await upstream();
    await using gateway = await http2Gateway(provider.origin);
    const stream = gateway.get();
    const answer = once(stream, 'response');
    const connection = await provider.asked(0);
    await connection.send(head('text/event-stream', 'connection: keep-alive', 'x-request-id: abc'));
    const [headers] = await answer;
    expect(headers).toMatchObject({ ':status': 200, 'x-request-id': 'abc' });
    await connection.send(chunk(event({ usage })) + LAST);
    let text = '';
    for await (const piece of stream) text += piece;
    expect(text).toBe(event({ usage }));
    expect(await gateway.reports[0]).toMatchObject({ end: 'complete', usage: counted });
  });

  it('resets a stream of HTTP/2 whose upstream breaks off', async () => {
    await using provider = await upstream();
    await using gateway = await http2Gateway(provider.origin);
    const stream = gateway.get();
    const answer = once(stream, 'response');
    const connection = await provider.asked(0);
    await connection.send(head());
    await answer;
    connection.reset();
    await expect(once(stream, 'close')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(await gateway.reports[0]).toMatchObject({ end: 'upstream-failed' });
  });

  it('stops the upstream of a stream of HTTP/2 that its client leaves', async () => {
    await using provider = await upstream();
    await using gateway = await http2Gateway(provider.origin);
    const stream = gateway.get();
    const answer = once(stream, 'response');
    const connection = await provider.asked(0);
    await connection.send(head() + chunk(event({ usage })));
    await answer;
    await once(stream, 'data');
    stream.close();
    await connection.peerClosed;
    expect(await gateway.reports[0]).toMatchObject({ end: 'client-left', usage: counted });
  });
});
