// `npm run types` writes index.d.ts and config.d.ts, the public API of each on one page, from src/; with
// --check it only compares and fails if a committed file is not what src/ says.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generated } from './generated.mjs';
import { shell } from './shell.mjs';

const BANNER = '// Generated from src/ by `npm run types`; do not edit.\n\n';

const folder = mkdtempSync(join(tmpdir(), 'warmline-types-'));
try {
  for (const name of ['index', 'config']) {
    const bundle = join(folder, `${name}.d.ts`);
    const { code } = await shell(
      `dts-bundle-generator --silent --no-banner --project tsconfig.build.json --out-file "${bundle}" src/${name}.ts`,
    );
    if (code !== 0) process.exit(code);
    generated(`${name}.d.ts`, BANNER + readFileSync(bundle, 'utf8'), 'npm run types');
  }
} finally {
  rmSync(folder, { recursive: true });
}
