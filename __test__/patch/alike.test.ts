import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';

import { httpServer } from '../servers/http.js';
import { read, twins } from './differential.js';

const data = (json: string): string => `data: ${json}\n\n`;
const token = (content: unknown, more = ''): string =>
  data(
    `{"id":"c","list":[[],{}],"choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}}${more}}]}`,
  );

const clientOf = (origin: string) =>
  new OpenAI({ apiKey: 'k', baseURL: origin, maxRetries: 0, logLevel: 'off' });
const open = (client: OpenAI, path: string) =>
  client.post<AsyncIterable<unknown>>(path, { body: {}, stream: true });

describe('objects of a patched stream that differ in little', () => {
  it.each([
    ['in one text', ['a', 'b', '"\\\n', 'é\u{1f600}', '', 'a'].map((text) => token(text)).join('')],
    ['in their types', ['a', null, 1.5e3, true, -0, 'b'].map((value) => token(value)).join('')],
    [
      'in more and more places',
      '{"n":1,"m":"a"} {"n":2,"m":"a"} {"n":3,"m":"b"} {"n":3,"m":"c"}'
        .split(' ')
        .map(data)
        .join(''),
    ],
    [
      'in shape, now and then',
      [token(1), token(2), token(3, ',"x":1'), token(4), token(5)].join(''),
    ],
    ['in nothing', token('a').repeat(4)],
    [
      'in what a prototype may be',
      ['a', 'b', 'c'].map((text) => data(`{"__proto__":{"a":"${text}"},"n":1}`)).join(''),
    ],
    ['in a key given twice', ['a', 'b', 'c'].map((n) => data(`{"n":0,"n":"${n}"}`)).join('')],
    ['in a key with an escape', ['a', 'b', 'c'].map((n) => data(`{"\\u0041":"${n}"}`)).join('')],
    [
      'under odd keys',
      ['a', 'b'].map((n) => data(`{"":{"":"x","a":1},"a":"${n}","1":0}`)).join(''),
    ],
    ['in what is no JSON', ['a', 'b', 'c'].map((n) => data(`{"n":"${n}",}`)).join('')],
  ])('come as without the patch: %s', async (_, body) => {
    await using server = await httpServer((_, response) => response.end(body));
    const [plain, patched] = twins(() => clientOf(server.origin));
    const expected = await read(() => open(plain, '/'));
    const outcome = await read(() => open(patched, '/'));
    expect(outcome).toEqual(expected);
    expect(JSON.stringify(outcome)).toBe(JSON.stringify(expected));
  });

  it('share nothing with each other', async () => {
    const body = Array.from({ length: 6 }, (_, i) => token(`t${i}`)).join('');
    await using server = await httpServer((_, response) => response.end(body));
    const [, patched] = twins(() => clientOf(server.origin));
    const texts: unknown[] = [];
    for await (const chunk of await open(patched, '/')) {
      const { list, choices } = chunk as {
        list: unknown[][];
        choices: { delta: Record<string, unknown> }[];
      };
      expect(list).toEqual([[], {}]);
      texts.push(choices[0]?.delta['content']);
      list[0]?.push('mine');
      list.length = 1;
      for (const choice of choices.splice(0)) choice.delta['content'] = 'mine';
    }
    expect(texts).toEqual(['t0', 't1', 't2', 't3', 't4', 't5']);
  });

  it('are not mixed up with those of a stream that is no JSON', async () => {
    await using server = await httpServer(({ url }, response) => {
      response.end(
        url === '/bad' ? data('{"n":}') : Array.from({ length: 9 }, (_, i) => token(i)).join(''),
      );
    });
    const [plain, patched] = twins(() => clientOf(server.origin));
    const paths = ['/a', '/bad', '/b', '/bad', '/c'];
    const outcomes = [plain, patched].map((client) =>
      Promise.all(paths.map((path) => read(() => open(client, path)))),
    );
    expect(await outcomes[1]).toEqual(await outcomes[0]);
  });
});
