import { describe, expect, it } from 'vitest';
import { acquireConnection, getConnection } from 'warmline';
import { rejection } from '../fetch/implementations.js';
import { portServer } from '../servers/ports.js';
import { freshPool } from './pools.js';

const INVALID = [
  ['', 'it is empty'],
  [' ', 'it is empty'],
  ['api.openai.com', 'it has no scheme'],
  ['/v1/models', 'it has no scheme'],
  ['ftp://example.com', 'its scheme is ftp'],
  ['file:///etc/hosts', 'its scheme is file'],
  ['http://', 'empty host'],
  ['https://example.com:99999', 'invalid port number'],
  ['https://exa mple.com', 'invalid'],
] as const;

const NO_STRINGS = [undefined, null, 5, {}, ['https://example.com'], Symbol('https://example.com')];

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('expected a throw');
}

describe('an invalid endpoint', () => {
  it.each(INVALID)('as %j is refused with its reason: %s', async (endpoint, reason) => {
    const expected = {
      name: 'TypeError',
      code: 'ERR_INVALID_URL',
      message: expect.stringContaining(reason),
    };
    const error = thrown(() => getConnection(endpoint));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject(expected);
    expect(await rejection(acquireConnection(endpoint))).toMatchObject(expected);
    expect(thrown(() => freshPool().getConnection(endpoint))).toMatchObject(expected);
  });

  it.each(NO_STRINGS)('as a value of another type is refused (%#)', async (endpoint) => {
    const expected = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    expect(thrown(() => getConnection(endpoint as string))).toMatchObject(expected);
    expect(await rejection(acquireConnection(endpoint as string))).toMatchObject(expected);
  });

  it('is refused without showing the secrets in it', () => {
    const error = thrown(() => getConnection('ftp://user:s3cret@example.com/?key=k3y'));
    expect(String((error as Error).stack)).not.toMatch(/s3cret|k3y/);
  });

  it('leaves no trace in the pool', () => {
    const pool = freshPool();
    for (const [endpoint] of INVALID) thrown(() => pool.getConnection(endpoint));
    expect(pool.getStats()).toMatchObject({ totalConnections: 0, endpoints: {} });
  });
});

it('any number of spellings of an endpoint is one endpoint', async () => {
  await using server = await portServer();
  const pool = freshPool();
  for (let i = 0; i < 20_000; i++) {
    const id = pool.getConnection(`${server.origin}/v1/threads/${i}?key=${i}`);
    pool.returnConnection(id as string);
    // The first ones may start to connect while none is open yet.
    if (i === 0) await server.connection(0);
  }
  expect(Object.keys(pool.getStats().endpoints)).toEqual([server.origin]);
});
