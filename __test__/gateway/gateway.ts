import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { fetch, type PipeOptions, type PipeReport, pipe } from 'warmline';
import { type HttpServer, httpServer } from '../servers/http.js';
import {
  type ScriptedConnection,
  type ScriptedServer,
  scriptedServer,
} from '../servers/scripted.js';

export const EVENTS = 'text/event-stream';

/** A gateway on `node:http` that passes on what its upstream answers. */
export interface Gateway extends AsyncDisposable {
  readonly server: HttpServer;
  readonly origin: string;
  /** What became of its requests, in the order in which they ended. */
  readonly reports: PipeReport[];
  /** Resolves with the report of this index. */
  report(index: number): Promise<PipeReport>;
}

/** `before` has the client's response before anything is passed on. */
export async function gateway(
  upstream: string,
  options?: PipeOptions,
  before: (response: ServerResponse, upstream: Response) => unknown = () => {},
): Promise<Gateway> {
  const reports: PipeReport[] = [];
  let told: (() => void)[] = [];
  const server = await httpServer(async (incoming, response) => {
    const answer = await fetch(`${upstream}${incoming.url}`);
    await before(response, answer);
    reports.push(await pipe(answer, response, options));
    for (const tell of told) tell();
    told = [];
  });
  return {
    server,
    origin: server.origin,
    reports,
    async report(index) {
      for (;;) {
        const report = reports[index];
        if (report !== undefined) return report;
        await new Promise<void>((resolve) => told.push(resolve));
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** An upstream whose answers a test writes by hand. Each connection has read its request. */
export interface Upstream extends AsyncDisposable {
  readonly origin: string;
  /** The connection of this index, once its request has come. */
  asked(index: number): Promise<ScriptedConnection>;
}

export async function upstream(): Promise<Upstream> {
  const server: ScriptedServer = await scriptedServer(() => {});
  return {
    origin: server.origin,
    async asked(index) {
      const connection = await server.connection(index);
      await connection.request();
      return connection;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The head of a chunked answer. */
export function head(type = EVENTS, ...lines: string[]): string {
  const all = ['HTTP/1.1 200 OK', `content-type: ${type}`, 'transfer-encoding: chunked', ...lines];
  return `${all.join('\r\n')}\r\n\r\n`;
}

export const chunk = (text: string): string =>
  `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

export const LAST = '0\r\n\r\n';

export const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

/** A client that keeps one connection. */
export class Client implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** The response once its head has come. */
  get(url: string, method = 'GET'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request(url, { agent: this.#agent, method }, resolve).once('error', reject).end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** Reads on until so much text has come. */
export async function until(response: IncomingMessage, text: string): Promise<string> {
  let all = '';
  while (!all.includes(text)) {
    const piece: Buffer | null = response.read();
    if (piece !== null) all += piece.toString();
    else await new Promise((resolve) => response.once('readable', resolve));
  }
  return all;
}

export async function whole(response: IncomingMessage): Promise<string> {
  let all = '';
  for await (const piece of response) all += piece;
  return all;
}
