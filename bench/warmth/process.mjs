// Servers and proxies in processes of their own, so that no client waits for one of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts a program that sends its port once it listens.
 *
 * @param {string} program beside this file
 * @param {object} task what it is to do
 * @returns {Promise<{ port: number, ask: () => Promise<any>, stop: () => Promise<void> }>} `ask`: for
 *   what it has counted
 */
export async function start(program, task) {
  const child = fork(new URL(program, import.meta.url), [JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const answer = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exit.then(([code, signal]) => {
        throw new Error(`${program} ended with ${signal ?? code}`);
      }),
    ]);
    return message;
  };
  const { port } = await answer();
  return {
    port,
    ask() {
      const answered = answer();
      child.send('ask');
      return answered;
    },
    async stop() {
      child.disconnect();
      await exit;
    },
  };
}
