import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('a monitor that listens', () => {
  it('keeps no process alive, not even with somebody who watches', async () => {
    const file = fileURLToPath(new URL('./programs/listens.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout).toBe('200\n');
  });
});
