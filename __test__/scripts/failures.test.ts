import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const { cargoFailures, lastLines, vitestFailures } = await import(
  String(new URL('../../scripts/failures.mjs', import.meta.url))
);
const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));

/** What vitest prints of a file of tests. */
async function outputOf(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'warmline-failures-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'some.test.mjs'), source);
  const args = [vitest, 'run', '--root', folder, '--globals', '--no-cache'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return stdout + stderr;
}

test('of a run of vitest the failing tests are shown, with their errors and differences', async () => {
  const output = await outputOf(`
    describe('sums', () => {
      test('are right', () => { expect({ sum: 1 + 1 }).toEqual({ sum: 3 }) });
      test('are numbers', () => { expect(1 + 1).toBeTypeOf('number') });
      test('never throw', () => { throw new Error('no sum today') });
    });
    describe('hooks', () => {
      beforeAll(() => { throw new Error('nothing to begin with') });
      test('come first', () => {});
    });
  `);
  const failures = vitestFailures(output);
  expect(failures).toMatch(/^some\.test\.mjs > sums > are right\n {2}AssertionError: /m);
  expect(failures).toMatch(/^ {2}- +"sum": 3,\n {2}\+ +"sum": 2,$/m);
  expect(failures).toMatch(/^some\.test\.mjs > sums > never throw\n {2}Error: no sum today$/m);
  expect(failures).toMatch(/^some\.test\.mjs > hooks\n {2}Error: nothing to begin with$/m);
  expect(failures).not.toContain('> are numbers');
});

test('of a run of vitest an error is shown that no test waited for', async () => {
  const output = await outputOf(`
    test('looks away', async () => {
      Promise.reject(new Error('nobody caught this'));
      await new Promise(setImmediate);
    });
  `);
  expect(vitestFailures(output)).toMatch(/^Unhandled errors\n[\s\S]*Error: nobody caught this$/m);
});

const CARGO_STDOUT = `
running 2 tests
test tests::adds ... FAILED
test tests::holds ... ok

failures:

---- tests::adds stdout ----
adding

thread 'tests::adds' (4583) panicked at src/lib.rs:8:23:
assertion \`left == right\` failed
  left: 1
 right: 2


failures:
    tests::adds

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.23s
`;

test('of a run of cargo the failing tests are shown, with their panics and where to find them', () => {
  const rerun = 'error: test failed, to rerun pass `-p warmline-pool --lib`';
  expect(cargoFailures(CARGO_STDOUT, `   Compiling warmline-pool\n${CARGO_STDOUT}${rerun}\n`)).toBe(
    [
      'tests::adds',
      '  adding',
      '',
      "  thread 'tests::adds' (4583) panicked at src/lib.rs:8:23:",
      '  assertion `left == right` failed',
      '    left: 1',
      '   right: 2',
      rerun,
    ].join('\n'),
  );
});

test('of whatever fails without a test the last lines are shown, without colours', () => {
  const lines = Array.from({ length: 100 }, (_, line) => `line ${line}`);
  const output = `${lines.join('\n')}\n\u001b[31merror\u001b[39m: does not compile\n`;
  const last = [...lines.slice(-29), 'error: does not compile'].join('\n');
  expect(lastLines(output)).toBe(last);
  expect(cargoFailures('', output)).toBe(last);
  expect(vitestFailures(output)).toBe(last);
});
