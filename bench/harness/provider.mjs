// The mock provider as a process of its own, which ends with the process that started it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { provider as builtProvider } from '../../scripts/paths.mjs';
import { pinned } from './cores.mjs';

export const program = process.env.WARMLINE_PROVIDER ?? builtProvider;

/**
 * @typedef {object} Provider
 * @property {string} url
 * @property {string} control where it can be asked and told things beside its traffic
 * @property {() => Promise<Record<string, number>>} stats the server's own view of its traffic
 * @property {() => Promise<[micros: number, id: string][]>} arrivals of the requests that have an `x-mock-id`
 * @property {() => Promise<void>} reset zeroes that view
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a provider on a free port.
 *
 * @param {{ threads?: number, cores?: readonly number[] }} [options] `cores`: where it may run
 * @returns {Promise<Provider>}
 */
export async function startProvider({ threads = 1, cores } = {}) {
  const [command, args] = pinned(cores, program, [
    'serve',
    '--until-stdin-closes',
    '--threads',
    String(threads),
  ]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await Promise.race([
    once(child, 'error').then(([error]) => {
      throw new Error('the mock provider is not built: npm run build:provider', { cause: error });
    }),
    once(createInterface(child.stdout), 'line').then(([first]) => first),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the mock provider ended with ${signal ?? code} before it listened`);
    }),
  ]);
  const { url, control } = JSON.parse(line);
  const ask = async (path, init) => (await fetch(`${control}${path}`, init)).json();
  return {
    url,
    control,
    stats: () => ask('/stats'),
    arrivals: () => ask('/arrivals'),
    reset: async () => {
      await ask('/stats/reset', { method: 'POST' });
    },
    stop: async () => {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}
