import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { implementations, typeError } from './implementations.js';

const CONTENT = 'what was promised';
const digest = (algorithm: string, content = CONTENT) =>
  `${algorithm}-${createHash(algorithm).update(content).digest('base64')}`;

// W3C Subresource Integrity.
describe.each(implementations)('$name fetch: integrity', ({ fetch }) => {
  it.each([
    ['SHA-256', digest('sha256')],
    ['SHA-384', digest('sha384')],
    ['SHA-512', digest('sha512')],
    ['one of several', `${digest('sha256', 'other')} ${digest('sha256')}`],
    ['the strongest of several', `${digest('sha256', 'other')} ${digest('sha512')}`],
    ['nothing that is known', 'md5-AAAA'],
  ])('lets a body pass that matches %s', async (_, integrity) => {
    await using server = await httpServer((_, response) => response.end(CONTENT));
    expect(await (await fetch(server.origin, { integrity })).text()).toBe(CONTENT);
  });

  it('refuses a body that does not match', async () => {
    await using server = await httpServer((_, response) => response.end('something else'));
    const error = await typeError(fetch(server.origin, { integrity: digest('sha256') }));
    expect(error.message).toBe('fetch failed');
  });

  it('of a Request counts', async () => {
    await using server = await httpServer((_, response) => response.end('something else'));
    await typeError(fetch(new Request(server.origin, { integrity: digest('sha384') })));
  });
});
