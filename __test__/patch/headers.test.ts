import OpenAI, { toFile } from 'openai';
import { expect, it } from 'vitest';
import { patch } from 'warmline';
import { echoServer } from '../servers/echo.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: [name: string, value: string][];
  readonly body: string;
}

type Deed = (client: OpenAI) => Promise<unknown>;

/**
 * What built-in fetch adds to every request and warmline does not: what tells a browser's requests apart, and what
 * HTTP/1.1 means anyway.
 */
const ADDED_BY_NODE: [name: string, value: RegExp][] = [
  ['accept-language', /^\*$/],
  ['connection', /^keep-alive$/],
  ['sec-fetch-mode', /^cors$/],
];

const MESSAGES = [{ role: 'user' as const, content: 'Grüße 👋' }];

const DEEDS: [string, Deed][] = [
  [
    'a chat completion',
    (client) => client.chat.completions.create({ model: 'm', messages: MESSAGES }),
  ],
  [
    'a list',
    (client) =>
      client.models
        .list()
        .asResponse()
        .then((response) => response.json()),
  ],
  ['a deletion', (client) => client.models.delete('a')],
  [
    'headers of the caller',
    (client) =>
      client.post('/x', {
        body: { a: 1 },
        headers: { 'X-Mine': 'ä', 'accept-encoding': 'identity' },
      }),
  ],
  ['a query', (client) => client.get('/x', { query: { a: ['1', 'ü'], b: { c: 'd e' } } })],
  [
    'a file',
    async (client) =>
      client.files.create({
        purpose: 'batch',
        file: await toFile(Buffer.from('{"a":"ü"}\n'), 'bätch "1".jsonl', { type: 'text/plain' }),
      }),
  ],
  [
    'a large file',
    async (client) =>
      client.files.create({
        purpose: 'batch',
        file: await toFile(new Uint8Array(3_000_000).fill(65), 'large.jsonl'),
      }),
  ],
];

it.each(DEEDS)('%s arrives at the server as from a client that is not patched', async (_, deed) => {
  await using server = await echoServer();
  const client = () =>
    new OpenAI({ apiKey: 'sk-test', baseURL: server.origin, maxRetries: 0, project: 'p' });
  const plain = canonical((await deed(client())) as Seen);
  const patched = canonical((await deed(patch(client()))) as Seen);
  expect(patched.headers).toEqual(plain.headers.filter(isCommon));
  expect({ ...patched, headers: [] }).toEqual({ ...plain, headers: [] });
  expect(server.requestCount).toBe(2);
});

function isCommon([name, value]: [string, string]): boolean {
  return !ADDED_BY_NODE.some(([added, usual]) => name === added && usual.test(value));
}

/** A request without the order of its headers, their case, and the random boundary of a form. */
function canonical({ method, url, headers, body }: Seen) {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const [, boundary] = /boundary=(.+)$/.exec(type) ?? [];
  const named = (text: string) =>
    boundary === undefined ? text : text.replaceAll(boundary, 'boundary');
  const sorted = headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), named(value)])
    .map(([name, value]): [string, string] =>
      // The boundary's length counts.
      boundary !== undefined && name === 'content-length' ? [name, 'some'] : [name, value],
    )
    .sort();
  const bytes = Buffer.from(body, 'base64').toString('latin1');
  return { method, url, headers: sorted, body: named(bytes) };
}
