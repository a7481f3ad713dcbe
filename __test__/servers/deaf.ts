import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Connections that the system completes for a listener with the shortest queue before anybody accepts them. */
const QUEUE_LENGTH = 2;

/** A server to which no connection is ever completed, nor refused. */
export interface DeafServer extends AsyncDisposable {
  readonly origin: string;
}

/** Starts a listener in a process of its own that accepts nothing, and fills its queue. Linux only. */
export async function deafServer(): Promise<DeafServer> {
  const program = fileURLToPath(new URL('deaf.mjs', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  const queued: Socket[] = [];
  for (let i = 0; i < QUEUE_LENGTH; i++) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    queued.push(socket);
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      for (const socket of queued) socket.destroy();
      await exited;
    },
  };
}
