import { Changes } from './changes.js';
import { type ScriptedServer, scriptedServer } from './scripted.js';

/** How far an answer gets before the server falls silent for ever. */
export type StallPoint =
  | 'before the head'
  | 'inside the head'
  | 'after the head'
  | 'inside the body';

const SAID: Record<StallPoint, string> = {
  'before the head': '',
  'inside the head': 'HTTP/1.1 200 OK\r\ncontent-le',
  'after the head': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n',
  'inside the body': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234',
};

/** A server that takes whole requests and never ends an answer. */
export interface StallingServer extends ScriptedServer {
  /** Resolves once so many requests have been taken and answered as far as they ever will be. */
  stalled(count: number): Promise<void>;
}

/** Stalls every answer at the same point. */
export async function stallingServer(point: StallPoint): Promise<StallingServer> {
  let count = 0;
  const changes = new Changes();
  const server = await scriptedServer(async (connection) => {
    await connection.request();
    if (SAID[point] !== '') await connection.send(SAID[point]);
    count += 1;
    changes.change();
  });
  return {
    ...server,
    async stalled(wanted) {
      await changes.untilTrue(() => count >= wanted);
    },
  };
}
