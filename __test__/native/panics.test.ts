import { execFile, spawnSync } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { jsonLines } from '../json-lines.js';
import { packageWithLoader } from './package-with-loader.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const crate = join(root, 'crates/warmline-node/src');
const libraries: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'libwarmline_node.dylib',
  win32: 'warmline_node.dll',
};
/** As `npm run build:panics` builds it. */
const binding = join(
  process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'),
  'debug',
  libraries[process.platform] ?? 'libwarmline_node.so',
);

/** Whether that is what was built last there, and not a debug build without panics. */
function panicsOnDemand(): boolean {
  const ask =
    'process.dlopen(module, process.argv[1]); process.exit(module.exports.provokePanic ? 0 : 1)';
  return spawnSync(process.execPath, ['-e', ask, binding]).status === 0;
}

const FETCH = 'TypeError WarmlineError WARMLINE_PANIC pool';
const CALL = 'WarmlineError WarmlineError WARMLINE_PANIC pool';

describe('a panic', () => {
  it.skipIf(!panicsOnDemand())(
    'is a typed error of whatever it happened to, and the process goes on (built by npm run build:panics)',
    async () => {
      const dir = await packageWithLoader(`process.dlopen(module, ${JSON.stringify(binding)})`);
      await cp(new URL('programs/panics.mjs', import.meta.url), join(dir, 'panics.mjs'));
      const { stdout } = await run(process.execPath, ['panics.mjs'], { cwd: dir });
      expect(jsonLines(stdout)).toEqual([
        ['function', [CALL], 'ok'],
        ['constructor', [CALL], 'ok'],
        ['method', [CALL], 'ok'],
        ['answer', ['WarmlineError WarmlineError WARMLINE_PANIC dns'], 'ok'],
        ['body', [FETCH], 'ok'],
        // One request's own ...
        ['opening', [FETCH, 'ok'], 'ok'],
        ['intake', [FETCH, 'ok'], 'ok'],
        // ... and where nobody knows whose they were, all that was under way.
        ['submission', [FETCH, FETCH], 'ok'],
        ['drain', [FETCH, FETCH], 'ok'],
        // Nothing is asked a second time: neither the name nor the server.
        ['after answer', 'WARMLINE_PANIC', 1, 0],
        ['after opening', 'WARMLINE_PANIC', 1, 0],
        ['after intake', 'WARMLINE_PANIC', 1, 0],
        ['after submission', 'WARMLINE_PANIC', 1, 0],
        ['after drain', 'WARMLINE_PANIC', 2, 1],
      ]);
    },
  );

  it('is caught at every entry from JavaScript', async () => {
    const entries: string[] = [];
    for (const file of await readdir(crate)) {
      const source = await readFile(join(crate, file), 'utf8');
      for (const [, options, name] of source.matchAll(
        /#\[napi(?:\((.*?)\))?\](?:\s*#\[.*?\]|\s*\/\/.*)*\s*pub (?:const )?(?:async )?fn (\w+)/g,
      )) {
        entries.push(/\bcatch_unwind\b/.test(options ?? '') ? 'caught' : `${file}: ${name}`);
      }
    }
    expect(new Set(entries)).toEqual(new Set(['caught']));
    expect(entries.length).toBeGreaterThan(25);
  });
});
