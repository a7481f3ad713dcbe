import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { shell } from './shell.mjs';
import { missingTool } from './toolchain.mjs';

function packagesOf(lockfile) {
  const path = join(root, lockfile);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** Whether node_modules holds exactly the versions of the lockfile. */
function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(
    // An optional package may be for another platform.
    ([path, { version, optional }]) =>
      path === '' || (installed[path]?.version ?? (optional && version)) === version,
  );
}

async function run(what, line) {
  console.log(`\n> ${what}`);
  const { code } = await shell(line);
  if (code !== 0) {
    console.error(`\n${what}: failed (\`${line}\` ended with ${code}).`);
    process.exit(1);
  }
}

/**
 * Makes a fresh clone ready, or ends the process with one line that says what is missing: looks for
 * cargo and a C compiler, then installs the npm packages if they are not those of the lockfile.
 */
export async function prepare() {
  const missing = missingTool();
  if (missing !== undefined) {
    console.error(missing);
    process.exit(1);
  }
  if (!isInstalled()) await run('Installing the npm packages', 'npm ci --loglevel=error');
}

/** {@link prepare}, then builds the engine, the TypeScript and the mock provider, each if needed. */
export async function prepareAndBuild() {
  await prepare();
  await run('Building the engine (a few minutes the first time)', 'npm run --silent build');
  await run('Building the mock provider', 'npm run --silent build:provider');
}
