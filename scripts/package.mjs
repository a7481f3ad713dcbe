// Packs warmline and the package of this platform's binary as a release would, installs both into
// an empty folder, and loads them as a user does: by import, by require and in a worker, with the
// devDependency's Node and with the machine's own.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, machinePath, root } from './paths.mjs';

const PROGRAM = `
import assert from 'node:assert';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import * as imported from 'warmline';
import { validateConfig } from 'warmline/config';

assert.strictEqual(imported.isNativeAvailable(), true);
assert.strictEqual(createRequire(import.meta.url)('warmline').isNativeAvailable, imported.isNativeAvailable);
assert.strictEqual(validateConfig('http_client: { timeout: 5 }').valid, true);
const worker = new Worker(
  \`import('warmline').then((warmline) => {
     require('node:worker_threads').parentPort.postMessage(warmline.isNativeAvailable());
   })\`,
  { eval: true },
);
worker.once('message', (available) => assert.strictEqual(available, true));
worker.once('exit', (code) => console.log('loads on Node', process.version, code));
`;

const folder = mkdtempSync(join(tmpdir(), 'warmline-package-'));
const run = (command, args, options) =>
  execFileSync(command, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
    ...options,
  });

/** Packs a package and answers with the archive's path. */
function pack(source) {
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  return join(folder, run('npm', args, { cwd: source }).trim());
}

/** The package of this platform's binary, with the shape that `napi create-npm-dirs` gives it. */
function bindingPackage() {
  // In a folder of its own: napi writes nowhere but below the package.json it reads.
  const dirs = join(folder, 'npm');
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  run('napi', ['create-npm-dirs'], { cwd: folder });
  const binary = readdirSync(join(root, 'native')).find((name) => name.endsWith('.node'));
  const platform = binary.split('.')[1];
  copyFileSync(join(root, 'native', binary), join(dirs, platform, binary));
  return join(dirs, platform);
}

try {
  // What it depends on comes from here, too: the registry is no part of this.
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const installed = Object.keys(dependencies).map((name) => join(root, 'node_modules', name));
  const archives = [root, bindingPackage(), ...installed].map(pack);
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', ['install', '--offline', '--silent', '--no-audit', '--no-fund', ...archives], {
    cwd: app,
  });
  writeFileSync(join(app, 'program.mjs'), PROGRAM);
  for (const PATH of [environment.PATH, machinePath]) {
    const { status, error } = spawnSync('node', ['program.mjs'], {
      cwd: app,
      env: { ...environment, PATH },
      stdio: 'inherit',
    });
    // A machine need not have a Node of its own beside the devDependency's.
    if (status !== 0 && error?.code !== 'ENOENT') process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
