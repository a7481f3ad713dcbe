import { expect, it } from 'vitest';
import { echoServer } from '../servers/echo.js';
import { run } from '../workers/program.js';

it('requests that are over do not outlive the next collection of young objects', async () => {
  await using server = await echoServer();
  const program = new URL('programs/garbage.mjs', import.meta.url).href;
  const { lines, stderr } = await run(program, [server.origin], ['--expose-gc']);
  expect(stderr).toBe('');
  const grown = lines.map((line) => line.split(' '));
  expect(grown.map(([way]) => way)).toEqual(['request', 'fetch']);
  // Each has some kilobytes of its own.
  for (const [way, bytes] of grown) expect(Number(bytes), way).toBeLessThan(200);
});
