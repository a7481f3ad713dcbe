// A gateway in a process of its own, on one core, and clients for it.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pinned } from '../harness/cores.mjs';
import { program } from '../harness/provider.mjs';

/** Starts a gateway before an upstream. */
export async function startGateway(gateway, { upstream, connections, cores }) {
  const [execPath, execArgv] = pinned(cores, process.execPath, []);
  const child = fork(
    new URL('work.mjs', import.meta.url),
    [JSON.stringify({ gateway, upstream, connections })],
    { execPath, execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const exit = once(child, 'exit');
  const answer = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exit.then(([code, signal]) => {
        throw new Error(`the gateway on ${gateway} ended with ${signal ?? code}`);
      }),
    ]);
    return message;
  };
  const { port } = await answer();
  return {
    url: `http://127.0.0.1:${port}`,
    /** What it costs, in this stretch of time. */
    async measure({ warmUpSeconds, seconds }) {
      await wait(warmUpSeconds * 1000);
      child.send('begin');
      await wait(seconds * 1000);
      const measured = answer();
      child.send('end');
      return measured;
    },
    async stop() {
      child.send('stop');
      await exit;
    },
  };
}

/** So many clients, each with one stream after the other. */
export async function streamFrom(url, { streams, cores, warmUpSeconds, seconds }) {
  const [command, args] = pinned(cores, program, [
    'load',
    '--stream',
    ...['--url', url],
    ...['--connections', String(streams)],
    ...['--warmup', String(warmUpSeconds)],
    ...['--seconds', String(seconds)],
  ]);
  const { stdout } = await promisify(execFile)(command, args);
  const { events_per_second, p50_us, p99_us } = JSON.parse(stdout);
  return { perSecond: events_per_second, p50: p50_us / 1000, p99: p99_us / 1000 };
}
