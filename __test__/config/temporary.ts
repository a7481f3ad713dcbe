import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with these files, for as long as it is used. */
export function temporary(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-config-'));
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => writeFileSync(path(name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    path,
    write,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true });
    },
  };
}
