import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const example = (name: string) =>
  fileURLToPath(new URL(`../../examples/monitor/${name}.mjs`, import.meta.url));
const TOKEN = 'a-secret-token';

describe('a monitor in a framework', () => {
  it.each(['node', 'express', 'fastify'])('answers in the example of %s', async (name) => {
    const env = { ...process.env, PORT: '0', MONITOR_TOKEN: TOKEN };
    const child = spawn(process.execPath, [example(name)], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
      const headers = { authorization: `Bearer ${TOKEN}` };
      const health = await fetch(`${url}health`, { headers });
      expect(await health.json()).toMatchObject({ checks: { engine: { status: 'healthy' } } });
      expect((await fetch(`${url}health`)).status).toBe(401);
      expect(await (await fetch(url)).text()).toContain('<title>warmline</title>');
      const drained = await fetch(`${url}api/control/drain`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ pool: 'default' }),
      });
      expect(drained.status).toBe(200);
      expect(await (await fetch(new URL('/', url))).text()).toBe('the application\n');
    } finally {
      child.kill();
    }
  });

  it('answers in the example of Hono', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [example('hono')]);
    expect(stdout).toBe("200 { status: 'healthy' }\n");
  });
});
