import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A copy of the built package whose generated loader is the given CommonJS source. */
export async function packageWithLoader(source: string): Promise<string> {
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
