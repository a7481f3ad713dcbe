// Runs every use of the package on the other supported versions of Node, which are installed first.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { shell } from './shell.mjs';

const folder = join(root, '__test__', 'nodes');
const installed = join(folder, 'installed');
const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
const programs = Object.keys(dependencies).map((name) =>
  join(installed, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
);

if (!programs.every((program) => existsSync(program))) {
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: installed,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) process.exit(1);
}

for (const program of programs) {
  const { code } = await shell(`"${program}" "${join(folder, 'every-use.mjs')}"`);
  if (code !== 0) process.exit(1);
}
