import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

async function printed(name: string): Promise<string> {
  const file = fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
  return (await promisify(execFile)(process.execPath, [file])).stdout;
}

describe('a monitor that listens', () => {
  it('keeps no process alive, not even with somebody who watches', async () => {
    expect(await printed('listens.mjs')).toBe('200\n');
  });
});

describe('the lag of event loops', () => {
  it('is known of each thread that uses the engine, for as long as it is there', {
    timeout: 60_000,
  }, async () => {
    const { names, other, left } = JSON.parse(await printed('threads.mjs'));
    expect(names).toEqual(['main', 'worker-1', 'worker-2']);
    expect(left).toEqual(['main']);
    expect(other).toBeLessThan(400);
  });
});
