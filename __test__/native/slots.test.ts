import { expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { run } from '../workers/program.js';

it('requests that are aborted before the engine has looked at them leave no slot taken', async () => {
  await using server = await httpServer((_, response) => response.end());
  const program = new URL('programs/slots.mjs', import.meta.url).href;
  const { lines, stderr } = await run(program, [server.origin]);
  expect(stderr).toBe('');
  expect(Number(lines[0])).toBeLessThan(100);
});
