import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe } from 'vitest';
import { refusingPort } from '../servers/refusing.js';

/** A server that others have written, running on loopback with a configuration of this test's own. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  /** Its files: what it was given, and the sockets that it makes. */
  readonly folder: string;
}

/** How a program becomes a peer: one process, in the foreground. */
export interface Recipe {
  readonly program: string;
  readonly args: (port: number, folder: string) => readonly string[];
  /** What its folder holds, by the names of files. */
  readonly files?: (port: number, folder: string) => Readonly<Record<string, string>>;
}

/** Distributions keep servers where only root looks for them. */
const env = { ...process.env, PATH: [process.env['PATH'], '/usr/sbin', '/sbin'].join(delimiter) };
/** Set where all of them have been installed, so that none is left out unnoticed. */
const areRequired = process.env['WARMLINE_PEERS'] === '1';
/** Another program may take a port that was free just now. */
const MOST_STARTS = 3;
const PAUSE_MS = 5;

/** Tests with a program, which are skipped where it is not installed. */
export function describeWith(program: string, tests: () => void): void {
  const isMissing = spawnSync(program, ['-h'], { env, stdio: 'ignore' }).error !== undefined;
  const isSkipped = isMissing && !areRequired;
  describe.skipIf(isSkipped)(isSkipped ? `${program}, which is not installed` : program, tests);
}

/** Starts a peer, and waits until its port answers. Disposing ends it. */
export async function startPeer(recipe: Recipe): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), 'warmline-peer-'));
  for (let start = 1; ; start++) {
    const port = await refusingPort();
    const files = recipe.files?.(port, folder) ?? {};
    await Promise.all(
      Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)),
    );
    const child = spawn(recipe.program, recipe.args(port, folder), {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const gone = once(child, 'close');
    const ready = await Promise.race([answering(port, child), gone.then(() => false)]);
    if (!ready && start < MOST_STARTS) continue;
    if (!ready) throw new Error(`${recipe.program} ended at once: ${said}`);
    return {
      port,
      folder,
      async [Symbol.asyncDispose]() {
        // A polite signal is lost on some that wait for connections in one of their threads.
        child.kill('SIGKILL');
        await gone;
        await rm(folder, { recursive: true });
      },
    };
  }
}

/** True once the port takes connections; false once the process is gone. */
async function answering(port: number, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      await setTimeout(PAUSE_MS);
    } finally {
      socket.destroy();
    }
  }
  return false;
}
