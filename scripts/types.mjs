// `npm run types` writes index.d.ts, the public API on one page, and the page of each other entry point that
// has exports, from src/; with --check it only compares and fails if a committed file is not what src/ says.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generated } from './generated.mjs';
import { shell } from './shell.mjs';

const BANNER = '// Generated from src/ by `npm run types`; do not edit.\n\n';
const ENTRIES = ['index', 'config', 'monitor', 'sizing'];

const folder = mkdtempSync(join(tmpdir(), 'warmline-types-'));
try {
  for (const entry of ENTRIES) {
    const page = `${entry}.d.ts`;
    const bundle = join(folder, page);
    const { code } = await shell(
      `dts-bundle-generator --silent --no-banner --project tsconfig.build.json --out-file "${bundle}" src/${entry}.ts`,
    );
    if (code !== 0) process.exit(code);
    generated(page, BANNER + readFileSync(bundle, 'utf8'), 'npm run types');
  }
} finally {
  rmSync(folder, { recursive: true });
}
