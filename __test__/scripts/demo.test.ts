import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { listenOnLoopback } from '../servers/loopback.js';
import { startProvider } from '../servers/provider.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const KEY = 'sk-of-this-test';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function demo(program: string, args: string[], env: Record<string, string>): Promise<Run> {
  return new Promise((resolve) => {
    const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, ...rest } = process.env;
    const child = execFile(
      process.execPath,
      [program, ...args],
      { cwd: root, env: { ...rest, NO_COLOR: '1', ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('npm run demo -- --real', () => {
  test('asks the provider of the environment ten times, half of them patched', async () => {
    await using provider = await startProvider();
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${provider.origin}/v1` };
    const { code, stdout, stderr } = await demo('bench/demo/main.mjs', ['--real', '--json'], env);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Record<string, { events: number }[]>;
    expect(Object.keys(report)).toEqual(['openai', 'openai + patch(client)']);
    const [plain, patched] = Object.values(report).map((answers) =>
      answers.map(({ events }) => events),
    );
    expect(patched).toHaveLength(5);
    expect(patched).toEqual(plain);
    expect(patched?.every((events) => events > 1)).toBe(true);
    await provider.until(({ requests }) => requests === 10);
  });

  test("names the model and the provider's host, and never the key", async () => {
    await using provider = await startProvider();
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${provider.origin}/v1` };
    const { stdout } = await demo('bench/demo/main.mjs', ['--real'], {
      ...env,
      OPENAI_MODEL: 'm1',
    });
    expect(stdout).toContain(`m1 at ${new URL(provider.origin).host}: first event / whole answer`);
    expect(stdout).not.toContain(KEY);
  });

  test('a refusal that repeats the key is said without it', async () => {
    const server = createServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}` } }));
    });
    await using refusing = await listenOnLoopback(server);
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `http://127.0.0.1:${refusing.port}/v1` };
    const { code, stderr } = await demo('bench/demo/main.mjs', ['--real'], env);
    expect(code).toBe(1);
    expect(stderr).toBe('openai: 401 Incorrect API key provided: [the key]\n');
  });

  test('a provider that is not there is told with the reason', async () => {
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: 'http://nowhere.invalid/v1' };
    const { code, stderr } = await demo('bench/demo/main.mjs', ['--real'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^openai: Connection error\. fetch failed .*nowhere\.invalid/);
  });
});

describe('before anything is built', () => {
  test.each([
    ['scripts/demo.mjs', ['--real'], '--real needs OPENAI_API_KEY in the environment.'],
    ['scripts/demo.mjs', ['--shrt'], "Unknown option '--shrt'"],
    ['scripts/bench.mjs', ['--only', 'toString'], "There is no benchmark 'toString'"],
  ])('%s %j is refused with the help', async (script, args, why) => {
    const { code, stdout, stderr } = await demo(script, args, {});
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(why);
    expect(stderr).toMatch(/\n\nnpm run (demo|bench) -- \[options\]\n/);
  });

  test.each(['scripts/demo.mjs', 'scripts/bench.mjs'])('%s --help', async (script) => {
    const { code, stdout } = await demo(script, ['--help'], {});
    expect(code).toBe(0);
    expect(stdout).toMatch(/^npm run (demo|bench) -- \[options\]\n/);
  });
});
