import { constants, type ServerHttp2Session } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { HttpClient, WarmlineError } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { CertificateAuthority } from '../servers/certificates.js';
import { bodyOf, echo, http2Server } from '../servers/http2.js';

const authority = new CertificateAuthority('Root');
const identity = authority.issue({ name: 'leaf', hosts: ['localhost', '127.0.0.1'] });
const tls = { ca: authority.cert };

describe('a stream that the server resets', () => {
  it('fails with what the server said, and leaves the connection to the next', async () => {
    await using server = await http2Server(identity, (stream, headers) => {
      if (headers[':path'] === '/echo') return void echo(stream);
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    await using client = new HttpClient({ tls });
    const error = await rejection(client.request('POST', server.url(), { body: 'x' }));
    expect(error).toBeInstanceOf(WarmlineError);
    expect(error).toMatchObject({
      code: 'ERR_HTTP2_STREAM_ERROR',
      message: 'Stream closed with error code NGHTTP2_ENHANCE_YOUR_CALM',
      phase: 'headers',
      origin: server.origin,
      attempt: 1,
      retryable: false,
    });
    const next = await client.request('POST', server.url('/echo'), { body: 'x' });
    expect(next.connection.reused).toBe(true);
    expect(server.accepted.length).toBe(1);
  });

  it('within its body fails there', async () => {
    await using server = await http2Server(identity, (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('part', () => stream.destroy(new Error('the handler failed')));
    });
    await using client = new HttpClient({ tls });
    const error = await rejection(client.request('GET', server.url()));
    expect(error).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR', phase: 'body' });
  });

  it('as refused is sent again, which is told', async () => {
    const bodies: string[] = [];
    await using server = await http2Server(identity, async (stream) => {
      if (bodies.length === 0) {
        bodies.push('refused');
        return stream.close(constants.NGHTTP2_REFUSED_STREAM);
      }
      const body = await bodyOf(stream);
      bodies.push(body);
      stream.respond({ ':status': 200 });
      stream.end(body);
    });
    await using client = new HttpClient({ tls });
    const response = await client.request('POST', server.url(), { body: 'once' });
    expect(response.text()).toBe('once');
    expect(response.connection.attempt).toBe(2);
    expect(bodies).toEqual(['refused', 'once']);
  });
});

describe('a server that goes away', () => {
  it('ends what it has begun, and gets the rest on another connection', async () => {
    const answers: (() => void)[] = [];
    await using server = await http2Server(identity, (stream) => {
      if (answers.length < 10) answers.push(() => echo(stream));
      else void echo(stream);
    });
    await using client = new HttpClient({ tls });
    const running = Array.from({ length: 10 }, (_, number) =>
      client.request('POST', server.url(), { body: String(number) }),
    );
    while (answers.length < 10) await new Promise(setImmediate);
    const [first] = server.sessions as [ServerHttp2Session];
    // Announces that it takes no more, and closes once what it has is done.
    first.close();
    // What was on its way may still have reached the first connection.
    while (server.accepted.length < 2) {
      const response = await client.request('POST', server.url(), { body: 'next' });
      expect(response.text()).toBe('next');
    }
    for (const answer of answers) answer();
    for (const [number, response] of (await Promise.all(running)).entries()) {
      expect(response.text()).toBe(String(number));
    }
    await server.closed(0);
  });

  it('with an error fails what it has begun', async () => {
    await using server = await http2Server(identity, (stream) => {
      stream.session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    await using client = new HttpClient({ tls });
    const error = await rejection(client.request('POST', server.url(), { body: 'x' }));
    expect(error).toMatchObject({ retryable: false, attempt: 1 });
    expect((error as WarmlineError).code).toMatch(
      /^(ERR_HTTP2_SESSION_ERROR|ECONNRESET|UND_ERR_SOCKET)$/,
    );
    expect(server.streamCount).toBe(1);
  });

  it('between two requests costs none of them', async () => {
    await using server = await http2Server(identity, echo);
    await using client = new HttpClient({ tls });
    for (let number = 0; number < 30; number++) {
      const response = await client.request('POST', server.url(), { body: String(number) });
      expect(response.text()).toBe(String(number));
      const session = server.sessions.at(-1);
      if (number % 2 === 0) session?.close();
      else {
        // It is gone before the next request leaves: one that it may have read is sent by nobody again.
        const closed = new Promise<void>((resolve) => session?.once('close', resolve));
        session?.destroy();
        await closed;
      }
    }
    expect(server.streamCount).toBe(30);
  });
});
