import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { isNativeAvailable } from 'warmline';
import { packageWithLoader } from './package-with-loader.js';

const run = promisify(execFile);

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
