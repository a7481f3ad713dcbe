import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fetch, passThrough } from 'warmline';
import { httpServer } from '../servers/http.js';
import { chunk, event, head, LAST, upstream } from './gateway.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const counted = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

/** What came of an upstream whose answer a test goes on with. */
async function opened(init: { signal?: AbortSignal } = {}) {
  const provider = await upstream();
  const answer = fetch(provider.origin, init);
  const connection = await provider.asked(0);
  await connection.send(head('text/event-stream', 'x-request-id: abc', 'set-cookie: a=1'));
  return { provider, connection, ...passThrough(await answer) };
}

describe('passThrough', () => {
  it('makes a response of the same head and body, and counts', async () => {
    const { provider, connection, response, report } = await opened();
    await using _ = provider;
    expect(response).toBeInstanceOf(Response);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe('abc');
    expect(response.headers.getSetCookie()).toEqual(['a=1']);
    expect(response.headers.has('transfer-encoding')).toBe(false);
    const body = event({ usage });
    await connection.send(chunk(body) + LAST);
    expect(await response.text()).toBe(body);
    expect(await report).toEqual({
      end: 'complete',
      bytes: body.length,
      usage: counted,
      providerError: undefined,
      error: undefined,
      native: false,
    });
  });

  it('stops the upstream when its body is cancelled', async () => {
    const { provider, connection, response, report } = await opened();
    await using _ = provider;
    await connection.send(chunk(event({ usage })));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await connection.peerClosed;
    expect(await report).toMatchObject({ end: 'client-left', usage: counted });
  });

  it('stops the upstream when its response is forgotten', async () => {
    const { provider, connection } = await opened();
    await using _ = provider;
    const closed = connection.peerClosed.then(() => true);
    let isClosed = false;
    while (!isClosed) {
      collectGarbage();
      isClosed = await Promise.race([
        closed,
        new Promise<boolean>((resolve) => setImmediate(resolve, false)),
      ]);
    }
  });

  it('fails to be read where the upstream breaks off', async () => {
    const { provider, connection, response, report } = await opened();
    await using _ = provider;
    const text = response.text();
    connection.reset();
    await expect(text).rejects.toBeInstanceOf(TypeError);
    expect(await report).toMatchObject({
      end: 'upstream-failed',
      error: { message: 'terminated' },
    });
  });

  it("ends with its upstream's signal", async () => {
    const stop = new AbortController();
    const { provider, connection, response, report } = await opened({ signal: stop.signal });
    await using _ = provider;
    const text = response.text();
    stop.abort('enough');
    await expect(text).rejects.toBe('enough');
    await connection.peerClosed;
    expect(await report).toMatchObject({ end: 'stopped', error: 'enough' });
  });

  it('passes on an answer without a body', async () => {
    await using provider = await httpServer((_, response) => response.writeHead(204).end());
    const { response, report } = passThrough(await fetch(provider.origin));
    expect([response.status, response.body]).toEqual([204, null]);
    expect(await report).toMatchObject({ end: 'complete', bytes: 0 });
  });

  it('refuses what it cannot pass on', () => {
    expect(() => passThrough(new Response('body'))).toThrow(TypeError);
  });
});
