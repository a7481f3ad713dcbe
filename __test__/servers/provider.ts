import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const suffix = process.platform === 'win32' ? '.exe' : '';
/** The program of the mock provider. */
export const providerProgram =
  process.env['WARMLINE_PROVIDER'] ??
  join(
    process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'),
    'release',
    `warmline-provider${suffix}`,
  );

/** The server's own view of its traffic since it started. */
export interface ProviderStats {
  readonly connections_accepted: number;
  readonly connections_open: number;
  readonly requests: number;
  readonly requests_reusing: number;
  readonly requests_aborted: number;
  readonly responses: number;
  readonly streams_open: number;
  readonly streams_completed: number;
}

/** The mock LLM provider of `bench/provider`, in a process of its own. */
export interface Provider extends AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly origin: string;
  stats(): Promise<ProviderStats>;
  /** Resolves once the server's view of its traffic is as wanted. */
  until(holds: (stats: ProviderStats) => boolean): Promise<ProviderStats>;
}

/** Starts a provider on a free port. It ends with this process, whatever becomes of that. */
export async function startProvider(): Promise<Provider> {
  const child = spawn(providerProgram, ['serve', '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = await Promise.race([
    once(child, 'error').then(([cause]) => {
      throw new Error('the mock provider is not built: npm run build:provider', { cause });
    }),
    once(createInterface(child.stdout), 'line').then(([first]) => first as string),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the mock provider ended with ${signal ?? code} before it listened`);
    }),
  ]);
  const { url, control } = JSON.parse(line) as { url: string; control: string };
  const stats = async () => {
    // Its control address counts nothing of its own traffic.
    const response = await fetch(`${control}/stats`);
    return (await response.json()) as ProviderStats;
  };
  return {
    origin: url,
    stats,
    async until(holds) {
      for (;;) {
        const now = await stats();
        if (holds(now)) return now;
      }
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}
