import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { run } from '../workers/program.js';

const program = new URL('programs/policies.mjs', import.meta.url).href;

describe.each(['openai', 'anthropic'])('a patched client of %s', (sdk) => {
  it('shares the limits and pauses of the default client with fetch, across threads', async () => {
    const asked: string[] = [];
    await using server = await httpServer(({ headers }, response) => {
      const key = headers.authorization?.replace('Bearer ', '');
      asked.push(`${key}`);
      if (key === 'paused') response.writeHead(429, { 'retry-after': '30' }).end();
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: [] }));
    });
    const { lines, stderr } = await run(program, [server.origin, sdk]);
    expect(stderr).toBe('');
    const [limited, cooling] = ['WARMLINE_RATE_LIMITED', 'WARMLINE_COOLING_DOWN'];
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      limited: [200, 200, 200, limited, limited, limited],
      paused: [429, ...Array(6).fill(cooling)],
    });
    expect(asked).toEqual(['limited', 'limited', 'limited', 'paused']);
  });
});
