import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where cargo builds. */
export const targetDir = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

const executable = process.platform === 'win32' ? '.exe' : '';

/** The mock provider, as `npm run build:provider` builds it. */
export const provider = join(targetDir, 'release', `warmline-provider${executable}`);

/** Where checkers that are built on this machine are kept. */
export const toolsDir = join(root, 'target', 'tools');

const bin = join(root, 'node_modules', '.bin');

const isProxySetting = ([name]) => /^(https?|all|no)_proxy$/i.test(name);

/**
 * This process's environment with the devDependencies' commands first, Node among them, and without
 * proxies: what is tested and measured is on loopback.
 */
export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter((entry) => !isProxySetting(entry))),
  PATH: [bin, process.env.PATH, join(toolsDir, 'bin')].join(delimiter),
};

/** PATH without the devDependencies: what the machine itself has. */
export const machinePath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);
