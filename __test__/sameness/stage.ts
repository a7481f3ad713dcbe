import { Changes } from '../servers/changes.js';
import { PeerGone, type ScriptedConnection, scriptedServer } from '../servers/scripted.js';
import type { WireRequest } from '../servers/wire.js';
import { type Answer, type Head, PATIENCE, type Script } from './script.js';

/** A server that plays a script to one client. */
export interface Stage extends AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Every request so far, as it stood on the wire. */
  readonly requests: readonly WireRequest[];
  /** How often the client left while the server stalled. */
  readonly stopped: number;
  /** Resolves once so many requests have come. */
  asked(count: number): Promise<void>;
  /** Says that the client has one value more. */
  advance(): void;
  /** Resolves once every answer was given, or can not be any more. */
  settled(): Promise<void>;
}

export async function stage(script: Script): Promise<Stage> {
  const changes = new Changes();
  const requests: WireRequest[] = [];
  let [values, playing, stopped] = [0, 0, 0];

  async function play(connection: ScriptedConnection, answer: Answer): Promise<void> {
    let gone = false;
    void connection.peerClosed.then(() => {
      gone = true;
      changes.change();
    });
    const reached = async (count: number) => {
      await changes.untilTrue(() => values >= count || gone);
      if (gone) throw new PeerGone('the client left before its values were there');
    };
    for (const step of answer) {
      if (step === 'stall') {
        await connection.peerClosed;
        stopped += 1;
      } else if (step === 'dawdle') {
        // The client's timer is of the same length and was set before this one: Node calls it first.
        await new Promise((resolve) => setTimeout(resolve, PATIENCE));
      } else if ('head' in step) await connection.send(written(step.head));
      else if ('bytes' in step) await connection.send(Buffer.from(step.bytes));
      else if ('until' in step) await reached(step.until);
      else {
        await turns();
        if (step.cut === 'rst') connection.reset();
        else await connection.finish();
      }
    }
  }

  const server = await scriptedServer(async (connection) => {
    for (;;) {
      const request = await connection.request();
      const answer = script[requests.length] ?? script.at(-1);
      requests.push(request);
      playing += 1;
      changes.change();
      try {
        await play(connection, answer ?? []);
      } finally {
        playing -= 1;
        changes.change();
      }
    }
  });

  return {
    origin: server.origin,
    requests,
    get stopped() {
      return stopped;
    },
    asked: (count) => changes.untilTrue(() => requests.length >= count),
    advance() {
      values += 1;
      changes.change();
    },
    settled: () => changes.untilTrue(() => playing === 0),
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

/** More turns of the event loop than SDKs need to begin to read: both run in this process. */
const TURNS = 30;

/**
 * Lets a client read what was sent before the connection is cut: when both come at once, built-in fetch drops
 * what nobody has read yet. (The engine does not, and that it does not has a test of its own.)
 */
async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
}

function written({ status, headers, version = '1.1' }: Head): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/${version} ${status} Some Words\r\n${lines.join('')}\r\n`;
}
