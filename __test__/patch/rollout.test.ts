/** What a careful roll-out leans on: the switch, the patch that turns itself off, what is counted. */

import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import {
  disablePatches,
  enablePatches,
  getPatchStatus,
  HttpClient,
  patch,
  unpatch,
  unpatchAll,
} from 'warmline';
import { type HttpServer, httpServer } from '../servers/http.js';
import { run } from '../workers/program.js';

const CHUNK = `data: ${JSON.stringify({ choices: [{ delta: { content: 'a' } }] })}\n\n`;

/** Answers at once, but at `/held` only when it is told to. */
async function holdingServer() {
  const held: (() => void)[] = [];
  const paths: string[] = [];
  const server = await httpServer((request, response) => {
    paths.push(request.url ?? '');
    response.setHeader('content-type', 'text/event-stream');
    if (request.url?.includes('/held')) {
      response.write(CHUNK);
      held.push(() => response.end(`${CHUNK}data: [DONE]\n\n`));
    } else response.end(`${CHUNK}${CHUNK}data: [DONE]\n\n`);
  });
  return { server, held, paths };
}

const clientOf = ({ origin }: HttpServer) =>
  new OpenAI({ apiKey: 'k', baseURL: origin, maxRetries: 0 });

const open = (client: OpenAI, path: string) =>
  client.post(path, { body: {}, stream: true }) as unknown as Promise<AsyncIterable<unknown>>;

async function lengthOf(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}

afterEach(() => {
  enablePatches();
  unpatchAll();
});

describe('the switch', () => {
  it('sends whatever is patched by what it had before, at once, and back', async () => {
    const { server } = await holdingServer();
    await using _ = server;
    const own = clientOf(server);
    const seen: string[] = [];
    const noting = Object.assign(
      (input: string | URL | Request, init?: RequestInit) => {
        seen.push(String(input));
        return fetch(input, init);
      },
      { Response },
    );
    const bringing = new OpenAI({ apiKey: 'k', baseURL: server.origin, fetch: noting });
    patch(own);
    patch(bringing);
    disablePatches();
    expect(getPatchStatus()).toMatchObject({
      enabled: false,
      patched: [{ active: false }, { active: false }],
    });
    expect(await lengthOf(await open(own, '/'))).toBe(2);
    expect(await lengthOf(await open(bringing, '/'))).toBe(2);
    expect(seen).toHaveLength(1);
    expect(getPatchStatus().patched.map(({ statistics }) => statistics)).toMatchObject([
      { calls: 0, streams: 0, events: 0, fallbacks: 1 },
      { calls: 0, streams: 0, events: 0, fallbacks: 1 },
    ]);
    enablePatches();
    expect(await lengthOf(await open(own, '/'))).toBe(2);
    expect(await lengthOf(await open(bringing, '/'))).toBe(2);
    expect(seen).toHaveLength(1);
    expect(
      getPatchStatus().patched.map(({ active, statistics }) => [active, statistics]),
    ).toMatchObject([
      [true, { calls: 1, streams: 1, events: 3, fallbacks: 1 }],
      [true, { calls: 1, streams: 1, events: 3, fallbacks: 1 }],
    ]);
  });

  it.each([
    ['it', disablePatches],
    ['unpatchAll', unpatchAll],
  ])('%s leaves what is under way to its end, and nothing is sent twice', async (_, off) => {
    const { server, held, paths } = await holdingServer();
    await using __ = server;
    await using http = new HttpClient({ timeout: { idle: 30_000 } });
    patch(OpenAI, { client: http });
    patch(undefined, { client: http });
    const client = clientOf(server);
    const streams = await Promise.all([open(client, '/held/1'), open(client, '/held/2')]);
    const response = await fetch(`${server.origin}/held/3`);
    expect(off() ?? true).toBe(true);
    const lengths = streams.map(lengthOf);
    const text = response.text();
    for (const finish of held) finish();
    expect(await Promise.all(lengths)).toEqual([2, 2]);
    expect(await text).toContain('[DONE]');
    expect(await lengthOf(await open(client, '/4'))).toBe(2);
    expect(http.getPoolMetrics().totalRequests).toBe(3);
    expect([...paths].sort()).toEqual(['/4', '/held/1', '/held/2', '/held/3']);
  });
});

describe('unpatchAll', () => {
  it('puts everything back', () => {
    const targets = [OpenAI.prototype, Anthropic.prototype, globalThis] as object[];
    const client = new OpenAI({ apiKey: 'k' });
    const before = [...targets, client].map(Object.getOwnPropertyDescriptors);
    patch();
    for (const target of [OpenAI, Anthropic, client]) patch(target);
    expect([...targets, client].map(Object.getOwnPropertyDescriptors)).not.toEqual(before);
    expect(unpatchAll()).toBe(true);
    expect([...targets, client].map(Object.getOwnPropertyDescriptors)).toEqual(before);
    expect(getPatchStatus().patched).toEqual([]);
  });

  it('says so when it could not', () => {
    const client = patch(new OpenAI({ apiKey: 'k' }));
    Object.assign(client, { fetch });
    expect(unpatchAll()).toBe(false);
    expect(unpatchAll()).toBe(true);
  });
});

describe('a client that was made from a patched class', () => {
  it('goes by its own fetch once the class is unpatched', async () => {
    const { server } = await holdingServer();
    await using _ = server;
    await using http = new HttpClient();
    patch(OpenAI, { client: http });
    const client = clientOf(server);
    const derived = client.withOptions({ timeout: 1000 });
    expect(await lengthOf(await open(derived, '/'))).toBe(2);
    expect(http.getPoolMetrics().totalRequests).toBe(1);
    unpatch(OpenAI);
    expect(await lengthOf(await open(client, '/'))).toBe(2);
    expect(await lengthOf(await open(derived, '/'))).toBe(2);
    expect(http.getPoolMetrics().totalRequests).toBe(1);
  });
});

describe('what is counted', () => {
  it('are calls, their time, and the failures of the engine alone', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else {
        response.statusCode = 500;
        response.end('{}');
      }
    });
    patch();
    const before = performance.now();
    for (let i = 0; i < 4; i++) {
      await expect(fetch(`${server.origin}/cut`)).rejects.toThrow('fetch failed');
      await (await fetch(server.origin)).text();
    }
    const [global] = getPatchStatus().patched;
    expect(global).toMatchObject({ active: true, statistics: { calls: 8, engineErrors: 0 } });
    expect(global?.statistics.callTime).toBeGreaterThan(0);
    expect(global?.statistics.callTime).toBeLessThanOrEqual(performance.now() - before);
  });
});

describe('an engine that fails', () => {
  it('turns its patch off after three times, says so once, and sends nothing twice', async () => {
    let requests = 0;
    await using server = await httpServer((_, response) => {
      requests++;
      response.end();
    });
    const program = new URL('programs/broken-engine.mjs', import.meta.url).href;
    const ending = await run(program, [server.origin], [], { WARMLINE_THREADS: 'none' });
    expect(ending).toMatchObject({ code: 0, signal: null });
    expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
      outcomes: [
        'WARMLINE_ENGINE',
        'WARMLINE_ENGINE',
        'WARMLINE_ENGINE',
        200,
        200,
        'WARMLINE_ENGINE',
      ],
      active: false,
      again: true,
      calls: 3,
      fallbacks: 2,
      engineErrors: 3,
      warnings: [
        { code: 'WARMLINE_PATCH_OFF', message: expect.stringContaining('globalThis.fetch') },
      ],
    });
    expect(requests).toBe(2);
  });
});

describe('a share of the clients of a class', () => {
  it('is drawn one by one, and a client made from another stays what that is', async () => {
    await using server = await httpServer((_, response) => response.end('{}'));
    const program = fileURLToPath(new URL('programs/half.mjs', import.meta.url));
    const ending = await run(program, [server.origin], [], { WARMLINE_ROLLOUT: '50' });
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    const { clients, calls, derived } = JSON.parse(ending.lines[0] ?? '');
    // Six standard deviations on either side of 200.
    expect(calls).toBeGreaterThan(clients / 2 - 60);
    expect(calls).toBeLessThan(clients / 2 + 60);
    expect(derived).toBe(2 * calls);
  });
});
