import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { isNativeAvailable } from 'warmline';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;

/** A copy of the built package whose generated loader is the given CommonJS source. */
async function packageWithLoader(source: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'warmline-loader-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(join(root, 'dist'), join(dir, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(dir, 'package.json'));
  await cp(join(root, 'native'), join(dir, 'native'), {
    recursive: true,
    filter: (file) => !file.endsWith('.node'),
  });
  await writeFile(join(dir, 'native', 'binding.cjs'), source);
  return dir;
}

test('the binding that was just built loads', () => {
  expect(isNativeAvailable()).toBe(true);
});

test('require gives the same module as import', () => {
  const required = createRequire(import.meta.url)('warmline') as typeof import('warmline');
  expect(required.isNativeAvailable).toBe(isNativeAvailable);
});

test('a worker thread loads the binding too', async () => {
  const worker = new Worker(
    `import { isNativeAvailable } from 'warmline'
     import { parentPort } from 'node:worker_threads'
     parentPort.postMessage(isNativeAvailable())`,
    { eval: true },
  );
  const answer = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  expect(answer).toBe(true);
});

test('without a binary the import works and says so', async () => {
  const dir = await packageWithLoader(`throw new Error('no binary for this platform')`);
  const script = `
    import { isNativeAvailable } from 'warmline'
    import { binding } from './dist/native/load.js'
    let error
    try { binding() } catch (thrown) { error = thrown }
    console.log(JSON.stringify({
      available: isNativeAvailable(),
      name: error.name, code: error.code, message: error.message, cause: error.cause.message,
    }))`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dir,
  });
  expect(JSON.parse(stdout)).toEqual({
    available: false,
    name: 'NativeUnavailableError',
    code: 'WARMLINE_NATIVE_UNAVAILABLE',
    message: expect.stringContaining('no binary for this platform'),
    cause: 'no binary for this platform',
  });
});
