// The packages that warmline is measured against, installed on first use: they are no part of its
// own development.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const names = Object.keys(manifest.dependencies);

const PYTHON_POOL = 'fast-litellm';

/** Where the Python peer is installed, outside of any environment of the machine. */
export const pythonPackages = fileURLToPath(new URL('python', import.meta.url));

function lockedVersions(file) {
  const url = new URL(file, import.meta.url);
  if (!existsSync(url)) return {};
  const { packages } = JSON.parse(readFileSync(url, 'utf8'));
  return Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`]?.version]));
}

/** The installed version of each peer. */
export function versions() {
  const python = existsSync(pythonPackages)
    ? readdirSync(pythonPackages)
        .map((name) => /^fast_litellm-(.+)\.dist-info$/.exec(name)?.[1])
        .find(Boolean)
    : undefined;
  return {
    ...lockedVersions('node_modules/.package-lock.json'),
    ...(python && { [PYTHON_POOL]: python }),
  };
}

/** Installs the npm peers if they are not those of the lockfile. */
export function installPeers() {
  const locked = lockedVersions('package-lock.json');
  const installed = lockedVersions('node_modules/.package-lock.json');
  if (names.every((name) => installed[name] === locked[name])) return;
  console.error(`Installing the peers to compare with: ${names.join(', ')}`);
  // Not `npm ci`: it refuses a lockfile without the binaries that a registry lacks for other platforms.
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new Error('the peers could not be installed (npm install in bench/peers)');
}

/** Installs the Python peer if it can be had here. @returns {boolean} whether it is there */
export function installPythonPool() {
  if (versions()[PYTHON_POOL] !== undefined) return true;
  console.error(`Installing the Python pool to compare with: ${PYTHON_POOL}`);
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', pythonPackages];
  const { status } = spawnSync('python3', [...args, PYTHON_POOL], { stdio: 'ignore' });
  if (status !== 0) console.error(`  not to be had here; the comparison is left out`);
  return status === 0;
}
