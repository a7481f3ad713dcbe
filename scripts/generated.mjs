import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/**
 * Writes a committed file that is made from src/. With --check it is only compared, and the process fails if
 * what is committed is not what src/ says.
 */
export function generated(name, content, command) {
  const file = join(root, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, content);
  } else if (readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== content) {
    console.error(`${name} is not what src/ says: run \`${command}\` and commit the result.`);
    process.exitCode = 1;
  }
}
