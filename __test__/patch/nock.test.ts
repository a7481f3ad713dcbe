import nock from 'nock';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { patch, unpatch } from 'warmline';

// Apart from the tests with MSW: in one process they share what they intercept by.

const baseURL = 'http://api.example.test/v1';
const models = { object: 'list', data: [{ id: 'mocked', object: 'model' }] };

/** The id of the first model that a client is told of. */
async function firstModel(client: OpenAI): Promise<string | undefined> {
  for await (const { id } of client.models.list()) return id;
  return undefined;
}

const make = () => new OpenAI({ apiKey: 'sk-test', baseURL, maxRetries: 0 });

afterEach(() => nock.restore());

describe('a patched client', () => {
  it.each(['before', 'after'])('is answered by nock that comes %s it is made', async (when) => {
    nock.restore();
    const mock = () => {
      if (!nock.isActive()) nock.activate();
      nock('http://api.example.test').get('/v1/models').reply(200, models);
    };
    if (when === 'before') mock();
    const client = make();
    patch(client);
    if (when === 'after') mock();
    expect(await firstModel(client)).toBe('mocked');
    expect(nock.isDone()).toBe(true);
    unpatch(client);
  });
});
