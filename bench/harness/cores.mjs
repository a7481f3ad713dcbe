// Which cores of the machine run what, so that a client is never measured against its own server.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const canPin = process.platform === 'linux' && spawnSync('taskset', ['-V']).status === 0;

/** The cores that this process may use, by number. */
function allowedCores() {
  if (!canPin) return Array.from({ length: availableParallelism() }, (_, core) => core);
  const status = readFileSync('/proc/self/status', 'utf8');
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status) ?? [undefined, '0'];
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
}

/**
 * Where client and server run when the client is to have `clientCores` cores. The server has what is
 * left; on a machine too small for that, the last core, which it then shares with the client.
 *
 * @param {number} clientCores
 * @returns {{ client: readonly number[], server: readonly number[], shared: boolean, pinned: boolean }}
 */
export function layOut(clientCores) {
  const cores = allowedCores();
  const client = cores.slice(0, clientCores);
  const rest = cores.slice(clientCores);
  const server = rest.length > 0 ? rest : cores.slice(-1);
  return { client, server, shared: rest.length === 0, pinned: canPin };
}

/**
 * Where that is, in words.
 *
 * @param {ReturnType<typeof layOut>} cores
 * @param {string} [name] what the server is called
 */
export function placeOf({ client, server, shared, pinned }, name = 'server') {
  if (!pinned) return 'cores not chosen on this platform';
  const where = shared ? 'the last of them' : `${server.length} other`;
  return `client on ${client.length} core${client.length > 1 ? 's' : ''}, ${name} on ${where}`;
}

/**
 * The command line that runs a program on these cores only; the program itself where cores cannot be
 * chosen.
 *
 * @param {readonly number[] | undefined} cores
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {[string, readonly string[]]}
 */
export function pinned(cores, program, args) {
  return cores === undefined || !canPin
    ? [program, args]
    : ['taskset', ['-c', cores.join(','), program, ...args]];
}
