import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Implementation } from '../implementations.js';

/** How a program came to its end. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Every line that it printed. */
  readonly lines: readonly string[];
  /** All that it wrote to standard error. */
  readonly stderr: string;
}

/** A program of this folder, running in a Node of its own. */
export interface Program extends AsyncDisposable {
  /** Resolves once it has printed this line; rejects if it ends without. */
  printed(line: string): Promise<void>;
  /** Resolves when the process is gone and everything it wrote is here. */
  readonly ended: Promise<Ending>;
}

/** What else a program is given. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A command that starts Node, such as `unshare`, with its arguments. */
  readonly under?: readonly string[];
}

/**
 * Starts `programs/<name>.mjs`, with the name of the implementation of fetch and `args` as its arguments.
 * Disposing ends it if it is still there.
 */
export function runProgram(
  name: string,
  implementation: Implementation['name'],
  args: readonly string[],
  { env = {}, under = [] }: ProgramOptions = {},
): Program {
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const [command = process.execPath, ...rest] = [
    ...under,
    process.execPath,
    file,
    implementation,
    ...args,
  ];
  // NODE_OPTIONS and the like belong to the test runner.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(command, rest, {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  let gone = false;
  const ended = once(child, 'close').then(([code, signal]): Ending => {
    gone = true;
    return { code, signal, lines, stderr };
  });
  return {
    ended,
    async printed(line) {
      while (!lines.includes(line)) {
        if (gone) throw new Error(`${name} ended without printing ${line}: ${stderr}`);
        await Promise.race([once(output, 'line'), ended]);
      }
    },
    async [Symbol.asyncDispose]() {
      if (!gone) child.kill('SIGKILL');
      await ended;
    },
  };
}
