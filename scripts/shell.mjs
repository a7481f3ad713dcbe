import { spawn } from 'node:child_process';
import { environment, root } from './paths.mjs';

/** It is a pipe that cargo prints to, but a terminal that shows it. */
const colours = process.stderr.isTTY ? { CARGO_TERM_COLOR: 'always' } : {};

/**
 * Runs a command line in the repository with the devDependencies on PATH and its output shown.
 *
 * @param {string} line
 * @param {{ env?: Record<string, string>, input?: 'inherit' | 'ignore' }} [options]
 * @returns {Promise<{ code: number, stdout: string, output: string }>} the exit code (1 if a signal ended it),
 *   what it printed on standard output, and all that it printed
 */
export function shell(line, { env = {}, input = 'ignore' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(line, {
      cwd: root,
      env: { ...environment, ...colours, ...env },
      shell: true,
      stdio: [input, 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
      process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stderr.write(text);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, output }));
  });
}

/**
 * Hands the terminal to a Node program of this repository, run by the devDependency's Node, and
 * ends this process as that one ended.
 *
 * @param {string} program path from the repository's root
 * @param {readonly string[]} args
 */
export function become(program, args) {
  const child = spawn('node', [program, ...args], {
    cwd: root,
    env: environment,
    stdio: 'inherit',
  });
  // A Ctrl-C reaches both; the program decides what it does with it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.once('close', (code) => {
    process.exitCode = code ?? 1;
  });
}
