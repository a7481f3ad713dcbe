// `npm run types` writes index.d.ts, the public API on one page, and the page of each other entry point that
// has exports, from src/; with --check it only compares and fails if a committed file is not what src/ says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { shell } from './shell.mjs';

const BANNER = '// Generated from src/ by `npm run types`; do not edit.\n\n';
const ENTRIES = ['index', 'monitor', 'sizing'];

const folder = mkdtempSync(join(tmpdir(), 'warmline-types-'));
try {
  for (const entry of ENTRIES) {
    const page = `${entry}.d.ts`;
    const committed = join(root, page);
    const bundle = join(folder, page);
    const { code } = await shell(
      `dts-bundle-generator --silent --no-banner --project tsconfig.build.json --out-file "${bundle}" src/${entry}.ts`,
    );
    if (code !== 0) process.exit(code);
    const generated = BANNER + readFileSync(bundle, 'utf8');
    if (!process.argv.includes('--check')) {
      writeFileSync(committed, generated);
    } else if (readFileSync(committed, 'utf8').replaceAll('\r\n', '\n') !== generated) {
      console.error(`${page} is not what src/ says: run \`npm run types\` and commit the result.`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
