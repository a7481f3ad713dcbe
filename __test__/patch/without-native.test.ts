import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program of its own beside a copy of the package that has no native binary. */
async function runWithoutNative(program: string): Promise<{ result: unknown; stderr: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'warmline-without-native-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(join(root, 'dist'), join(dir, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(dir, 'package.json'));
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'), 'junction');
  const file = join(dir, 'program.mjs');
  await writeFile(file, program);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout, stderr } = await run(process.execPath, [file], { env });
  return { result: JSON.parse(stdout), stderr };
}

it('patch leaves everything as it is without a native binary, and warns once', async () => {
  const { result, stderr } = await runWithoutNative(`
    import OpenAI from 'openai';
    import { getPatchStatus, isNativeAvailable, patch, unpatch } from 'warmline';
    const client = new OpenAI({ apiKey: 'k' });
    const before = { own: client.fetch, prototype: Object.getOwnPropertyDescriptor(OpenAI.prototype, 'fetch'), global: globalThis.fetch };
    const returned = [patch(client) === client, patch(OpenAI) === OpenAI, patch() === globalThis];
    const after = { own: client.fetch, prototype: Object.getOwnPropertyDescriptor(OpenAI.prototype, 'fetch'), global: globalThis.fetch };
    let refused;
    try { patch(5) } catch (error) { refused = error.name }
    console.log(JSON.stringify({
      native: isNativeAvailable(),
      returned,
      same: before.own === after.own && before.prototype === after.prototype && before.global === after.global,
      works: await (await client.fetch('data:,works')).text(),
      status: getPatchStatus(),
      unpatched: unpatch(client),
      refused,
    }));
  `);
  expect(result).toEqual({
    native: false,
    returned: [true, true, true],
    same: true,
    works: 'works',
    status: { native: false, enabled: true, patched: [] },
    unpatched: false,
    refused: 'TypeError',
  });
  expect(stderr.match(/WARMLINE_NATIVE_UNAVAILABLE/g)).toHaveLength(1);
});

it('everything that needs the engine says what is missing', async () => {
  const { result, stderr } = await runWithoutNative(`
    import * as warmline from 'warmline';
    const endpoint = 'http://127.0.0.1';
    const calls = {
      pool: () => new warmline.SimpleConnectionPool('x'),
      get: () => warmline.getConnection(endpoint),
      put: () => warmline.returnConnection('conn_1'),
      remove: () => warmline.removeConnection('conn_1'),
      health: () => warmline.healthCheckConnection('conn_1'),
      cleanup: () => warmline.cleanupExpiredConnections(),
      stats: () => warmline.getConnectionPoolStats(),
      acquire: async () => warmline.acquireConnection(endpoint),
      ready: async () => warmline.connectionReady('conn_1'),
      client: () => new warmline.HttpClient(),
      fetch: () => warmline.fetch(endpoint),
    };
    const codes = {};
    for (const [name, call] of Object.entries(calls)) {
      try { await call(); codes[name] = 'nothing' } catch (error) {
        codes[name] = error instanceof warmline.NativeUnavailableError ? error.code : String(error);
      }
    }
    console.log(JSON.stringify(codes));
  `);
  const codes = result as Record<string, string>;
  expect(Object.keys(codes)).toHaveLength(11);
  for (const code of Object.values(codes)) expect(code).toBe('WARMLINE_NATIVE_UNAVAILABLE');
  expect(stderr).toBe('');
});
