import OpenAI4 from 'openai-4';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { getPatchStatus, patch } from 'warmline';
import { httpServer } from '../servers/http.js';
import { cutServer, cutsOf, described, logger, read, turns, twins } from './differential.js';
import { BODIES, chunk } from './openai-bodies.js';

/** What the versions have in common. */
interface Client {
  post(path: string, options: { body: object; stream: true }): PromiseLike<Stream>;
}

interface Stream extends AsyncIterable<unknown> {
  readonly controller: AbortController;
}

type ClientClass = new (options: object) => Client;

const MAJORS: [string, ClientClass][] = [
  ['6', OpenAI6],
  ['5', OpenAI5],
  ['4', OpenAI4 as unknown as ClientClass],
];

const open = (client: Client, path: string, options: object = {}) =>
  client.post(path, { body: {}, stream: true, ...options });

describe.each(MAJORS)('a patched client of openai %s', (_, OpenAI) => {
  const clientOf = (origin: string, options: object = {}) =>
    new OpenAI({ apiKey: 'k', baseURL: origin, maxRetries: 0, ...logger().options, ...options });

  /** Version 4 writes to the console, and the others do now and then. */
  let written: MockInstance<typeof console.error>;

  beforeEach(() => {
    written = vi.spyOn(console, 'error').mockImplementation(() => {});
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(Object.entries(BODIES))('reads as the unpatched one does: %s', async (_, body) => {
    const bytes = Buffer.from(body);
    await using server = await cutServer(bytes);
    const [theirs, mine] = [logger(), logger()];
    const plain = clientOf(server.origin, theirs.options);
    const patched = patch(clientOf(server.origin, mine.options));
    const cuts = cutsOf(bytes);
    for (const cut of cuts) {
      const expected = await read(() => open(plain, `/${cut}`));
      expect(await read(() => open(patched, `/${cut}`))).toEqual(expected);
    }
    expect(mine.lines).toEqual(theirs.lines);
    expect(getPatchStatus().patched.at(-1)).toMatchObject({ streams: 'native' });
    const lines = written.mock.calls.map(([line]) => line);
    expect(lines.length % (2 * cuts.length)).toBe(0);
  });

  it('reads to the connection that breaks, before [DONE] and after it', async () => {
    await using server = await httpServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const end = request.url === '/done' ? 'data: [DONE]\n\n' : 'data: {"half';
      response.write(`${chunk('a')}${end}`, () => response.destroy());
    });
    for (const path of ['/', '/done']) {
      // Version 4 brings a fetch of its own, which has other words for it.
      const [plain, patched] = twins(() => clientOf(server.origin, { fetch }));
      const outcomes = [];
      for (const client of [plain, patched]) {
        const stream = await open(client, path);
        const { events, error } = await read(async () => stream);
        expect(error).toMatchObject({ class: 'TypeError', message: 'terminated' });
        outcomes.push([events, stream.controller.signal.aborted]);
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
    }
  });

  it('reads once only', async () => {
    await using server = await httpServer((_, response) => response.end(chunk('a')));
    const outcomes = twins(() => clientOf(server.origin)).map(async (client) => {
      const stream = await open(client, '/');
      await read(async () => stream);
      return await stream[Symbol.asyncIterator]().next().catch(described);
    });
    expect(await outcomes[1]).toEqual(await outcomes[0]);
  });

  it('reads for its helpers no faster, when events come at once', async () => {
    const options = { headers: { 'X-Stainless-Helper-Method': 'stream' } };
    await using server = await httpServer((_, response) => response.end(chunk('a').repeat(9)));
    const [plain, patched] = twins(() => clientOf(server.origin));
    const expected = await turns(await open(plain, '/', options));
    expect(await turns(await open(patched, '/', options))).toEqual(expected);
    const [first = 0] = await turns(await open(patched, '/'));
    expect(first).toBeLessThan(expected[0] as number);
  });

  it('stops the upstream when a stream is left, and ends quietly when it is aborted', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('a'));
    });
    for (const client of twins(() => clientOf(server.origin))) {
      const left = await open(client, '/');
      for await (const _ of left) break;
      expect(left.controller.signal.aborted).toBe(true);
      const aborted = await open(client, '/');
      let count = 0;
      for await (const _ of aborted) {
        count++;
        aborted.controller.abort();
      }
      expect(count).toBe(1);
    }
    await Promise.all([0, 1, 2, 3].map((index) => server.closed(index)));
  });
});
