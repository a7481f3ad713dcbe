import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Changes } from './changes.js';
import { type Loopback, listenOnLoopback } from './loopback.js';
import { parseRequest, type WireRequest } from './wire.js';

/** What a script waited for cannot come any more, because the client closed the connection. */
export class PeerGone extends Error {}

/** One accepted connection, from its first byte to its end, in the hands of a script. */
export class ScriptedConnection {
  /** Its place in the order of acceptance, from 0. */
  readonly index: number;
  /** Resolves once nothing of the connection is left, whoever closed it. */
  readonly closed: Promise<void>;
  /** Resolves once the client has ended or reset its side. */
  readonly peerClosed: Promise<void>;
  readonly #socket: Socket;
  readonly #pieces: Buffer[] = [];
  #consumed = 0;
  #gone = false;
  readonly #changes = new Changes();

  constructor(socket: Socket, index: number) {
    this.index = index;
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.peerClosed = new Promise((resolve) => {
      const gone = () => {
        this.#gone = true;
        this.#changes.change();
        resolve();
      };
      socket.once('end', gone).once('close', gone);
    });
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#changes.change();
    });
  }

  /** Every byte received so far. */
  get received(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** How many bytes were received so far. */
  get receivedLength(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** The next whole request, in order of arrival. Throws {@link PeerGone} if the client closes before its end. */
  async request(): Promise<WireRequest> {
    return await this.#until(() => {
      const parsed = parseRequest(this.received.subarray(this.#consumed));
      if (parsed === null) return undefined;
      this.#consumed += parsed.consumed;
      return parsed.request;
    });
  }

  /** Waits for the head of the next request and leaves its body unread by the script. */
  async head(): Promise<string> {
    return await this.#until(() => {
      const rest = this.received.subarray(this.#consumed);
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      this.#consumed += end + 4;
      return rest.toString('latin1', 0, end);
    });
  }

  /** Waits until at least so many bytes were received in all. */
  async bytes(count: number): Promise<void> {
    await this.#until(() => (this.receivedLength >= count ? true : undefined));
  }

  /** Sends exactly these bytes (text as latin1); resolves once the system has taken them all. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(data, (error) =>
        error ? reject(new PeerGone(`connection ${this.index}`)) : resolve(),
      );
    });
  }

  /** Sends these bytes and then FIN. */
  end(bytes: string | Uint8Array = ''): void {
    this.#socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends FIN; resolves once the system has taken it. */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  /** Closes with RST, as a crashed peer does. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Stops taking bytes from the system, so that the client's writes fill the socket buffers and then wait. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Takes bytes again after {@link stopReading}. */
  readOn(): void {
    this.#socket.resume();
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    return await this.#changes.until(() => {
      const found = look();
      if (found === undefined && this.#gone) throw new PeerGone(`connection ${this.index}`);
      return found;
    });
  }
}

/** A TCP server that says exactly what its script says. */
export interface ScriptedServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly port: number;
  /** Every connection ever accepted, oldest first. */
  readonly connections: readonly ScriptedConnection[];
  /** Resolves with the connection of this index as soon as it is accepted. */
  connection(index: number): Promise<ScriptedConnection>;
}

/**
 * Runs `script` once for each connection. A script ends early, and silently, when it waits for bytes of a client
 * that is gone; whatever else it throws closes its connection and is thrown when the server is disposed.
 */
export async function scriptedServer(
  script: (connection: ScriptedConnection) => Promise<void> | void,
): Promise<ScriptedServer> {
  const connections: ScriptedConnection[] = [];
  const failures: unknown[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on('connection', async (socket) => {
    // Half-open, so that a script can see FIN and still answer; one that says nothing more answers it with FIN.
    const connection = new ScriptedConnection(socket, connections.length);
    connections.push(connection);
    try {
      await script(connection);
    } catch (error) {
      if (!(error instanceof PeerGone)) failures.push(error);
      socket.destroy();
    }
    await connection.peerClosed;
    socket.end();
  });
  const loopback: Loopback = await listenOnLoopback(server);
  return {
    origin: `http://127.0.0.1:${loopback.port}`,
    port: loopback.port,
    connections,
    async connection(index) {
      while (connections.length <= index) await once(server, 'connection');
      return connections[index] as ScriptedConnection;
    },
    async [Symbol.asyncDispose]() {
      await loopback[Symbol.asyncDispose]();
      if (failures.length > 0) throw new AggregateError(failures, 'a server script failed');
    },
  };
}

/** A complete answer with content-length, ready to send. */
export function answer(body: string, ...headerLines: string[]): string {
  const length = Buffer.byteLength(body, 'latin1');
  return ['HTTP/1.1 200 OK', `content-length: ${length}`, ...headerLines, '', body].join('\r\n');
}
