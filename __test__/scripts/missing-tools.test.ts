import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a script on a machine whose PATH holds only the given shell programs. */
async function runWith(
  script: string,
  programs: Record<string, string>,
): Promise<{ code: number | null; lines: string[] }> {
  const path = await mkdtemp(join(tmpdir(), 'warmline-path-'));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, says] of Object.entries(programs)) {
    const file = join(path, name);
    await writeFile(file, `#!/bin/sh\necho '${says}'\n`);
    await chmod(file, 0o755);
  }
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: path, CC: '', CXX: '' };
    const child = execFile(process.execPath, [script], { cwd: root, env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, lines: (stdout + stderr).trimEnd().split('\n') });
    });
  });
}

// The programs of the test are shell scripts.
describe.runIf(process.platform !== 'win32')('on a fresh clone', () => {
  test.each(['scripts/test.mjs', 'scripts/demo.mjs', 'scripts/bench.mjs'])(
    '%s without cargo ends in one line that says how to get it',
    async (script) => {
      const { code, lines } = await runWith(script, {});
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringMatching(/no cargo here: .*rustup/)]);
    },
  );

  test('a cargo that is too old is told from one that is missing', async () => {
    const { code, lines } = await runWith('scripts/test.mjs', { cargo: 'cargo 1.70.0 (ec8a8a0)' });
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/or newer and found 1\.70\.0: .*rustup update/)]);
  });

  test('without a C compiler it ends in one line that says how to get one', async () => {
    const { code, lines } = await runWith('scripts/test.mjs', { cargo: 'cargo 1.999.0 (ec8a8a0)' });
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/no C compiler here: /)]);
  });

  test('fuzzing without a C++ compiler ends in one line that says how to get one', async () => {
    const { code, lines } = await runWith('scripts/fuzz.mjs', {
      cargo: 'cargo 1.999.0 (ec8a8a0)',
      cc: 'cc 14.2.0',
    });
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/no C\+\+ compiler here: /)]);
  });
});
