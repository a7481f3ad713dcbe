import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FleetLimit } from 'warmline';

const PROGRAM = fileURLToPath(new URL('programs/member.mjs', import.meta.url));
const PAUSE_MS = 10;

interface Said {
  readonly limits: readonly FleetLimit[];
  readonly answers: { readonly sent: number; readonly done: number; readonly failed: number };
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** A process of a fleet, which goes by a file. */
export class Member {
  readonly #child: ChildProcess;
  #number = 0;

  constructor(file: string) {
    this.#child = fork(PROGRAM, [file]);
  }

  configure = (path?: string) => this.#ask('configure', path);
  send = (url: string, count: number) => this.#ask('send', { url, count });
  say = () => this.#ask('say') as Promise<Said>;
  leave = () => this.#ask('leave');

  /** Its share of the only limit that there is. */
  async share(): Promise<FleetLimit> {
    const { limits } = await this.say();
    return limits[0] as FleetLimit;
  }

  /** Once it is so: with other processes there is nothing that could be listened to. */
  async until(holds: (said: Said) => boolean): Promise<Said> {
    for (;;) {
      const said = await this.say();
      if (holds(said)) return said;
      await setTimeout(PAUSE_MS);
    }
  }

  /** Ends it without a word to anybody. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #ask(command: string, argument?: unknown): Promise<unknown> {
    const number = this.#number++;
    this.#child.send({ number, command, argument });
    for (;;) {
      const [said] = await once(this.#child, 'message');
      if (said.number !== number) continue;
      if (said.error !== undefined) throw new Error(said.error);
      return said.answer;
    }
  }
}
