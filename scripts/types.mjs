// `npm run types` writes index.d.ts, the public API on one page, from src/; with --check it only
// compares and fails if the committed file is not what src/ says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { shell } from './shell.mjs';

const BANNER = '// Generated from src/ by `npm run types`; do not edit.\n\n';
const committed = join(root, 'index.d.ts');

const folder = mkdtempSync(join(tmpdir(), 'warmline-types-'));
try {
  const bundle = join(folder, 'index.d.ts');
  const { code } = await shell(
    `dts-bundle-generator --silent --no-banner --project tsconfig.build.json --out-file "${bundle}" src/index.ts`,
  );
  if (code !== 0) process.exit(code);
  const generated = BANNER + readFileSync(bundle, 'utf8');
  if (!process.argv.includes('--check')) {
    writeFileSync(committed, generated);
  } else if (readFileSync(committed, 'utf8').replaceAll('\r\n', '\n') !== generated) {
    console.error('index.d.ts is not what src/ says: run `npm run types` and commit the result.');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
