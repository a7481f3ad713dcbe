// A fresh Node process for each measurement, so that none inherits another's heap, sockets or JIT.
import { fork } from 'node:child_process';
import { pinned } from './cores.mjs';

/**
 * Runs a program and gives back the last message it sent; earlier ones go to `onProgress`.
 *
 * @param {URL} program
 * @param {object} task what it is to do, as JSON in its first argument
 * @param {{ cores?: readonly number[], execArgv?: readonly string[], onProgress?: (message: object) => void,
 *   env?: Record<string, string> }} [options] `env`: beside this process's own
 * @returns {Promise<any>} what the program gave to {@link report} with `done`
 */
export function runChild(program, task, { cores, execArgv = [], onProgress, env } = {}) {
  return new Promise((resolve, reject) => {
    const [execPath, before] = pinned(cores, process.execPath, []);
    const child = fork(program, [JSON.stringify(task)], {
      execPath,
      execArgv: [...before, ...execArgv],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let result;
    child.on('message', (message) => {
      if (message.done) result = message.result;
      else onProgress?.(message);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 && result !== undefined) resolve(result);
      else
        reject(
          new Error(`${program.pathname} ${JSON.stringify(task)} ended with ${signal ?? code}`),
        );
    });
  });
}

/** In the child: the task it was given. */
export function task() {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** In the child: tells the parent how far it is. */
export function progress(message) {
  process.send?.(message);
}

/** In the child: hands the result over and ends the process, whatever is still open. */
export function report(result) {
  if (process.send) process.send({ done: true, result }, () => process.exit(0));
  else console.log(JSON.stringify(result, null, 2));
}
