import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { Watcher } from '../alerts/watcher.js';
import { Sampler } from '../figures/sampler.js';
import { invalid } from '../native/invalid.js';
import { Access, isLoopback, type Origin } from './access.js';
import { type Answer, refusal } from './answers.js';
import { Live } from './live.js';
import { checkOptions, type MonitorOptions } from './options.js';
import { ProcessWatch } from './process-figures.js';
import { type Question, questionOf } from './questions.js';
import { ROUTES, type Sources } from './routes.js';
import { addressOf, answer, serve } from './server.js';

/** Where a monitor listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
}

/** Watches clients, and answers those who ask how they do. */
export interface Monitor {
  /**
   * Answers a request, wherever it came from: for any framework that has web requests. As it cannot be known
   * here who asks, debug endpoints want the option `token`.
   */
  fetch(request: Request): Promise<Response>;
  /**
   * The same for a request of `node:http`, and of frameworks on it such as Express and Fastify: its `url` is what comes
   * after the place where the monitor is mounted.
   */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): void;
  /**
   * Answers on a port; 0 takes any that is free. Default host `127.0.0.1`: whoever can reach another one
   * can read the figures, unless there is a `token`. It does not keep the process alive.
   *
   * @throws {TypeError} for what is no port or no host; else what `net.Server` says of it.
   */
  listen(port: number, host?: string): Promise<Listening>;
  /** Stops to listen and to watch. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A monitor of this process's connections: health, metrics for people, programs and Prometheus, and a look
 * at networks and memory.
 *
 * @throws {TypeError} for options of a wrong shape.
 * @throws {NativeUnavailableError} without a native binary for this platform.
 *
 * @example
 * ```ts
 * import { createMonitor } from 'warmline/monitor'
 *
 * const monitor = createMonitor()
 * const { url } = await monitor.listen(8000)
 * console.log(await (await fetch(`${url}/metrics`)).json())
 * ```
 */
export function createMonitor(options: MonitorOptions = {}): Monitor {
  return new PoolMonitor(options);
}

class PoolMonitor implements Monitor {
  readonly #access: Access;
  readonly #sources: Sources;
  readonly #servers: Set<Server> = new Set();

  constructor(options: MonitorOptions) {
    const { clients, token, hosts, interval, rules, ...hearers } = checkOptions(options);
    this.#access = new Access(token, hosts);
    const sampler = new Sampler(clients, interval);
    const watch = new ProcessWatch();
    const watcher = new Watcher(clients, rules, hearers);
    sampler.onSample = (sample) => watcher.look(sample);
    const { alerts } = watcher;
    const controls = this.#access.controls;
    const live = new Live(sampler, watch, alerts, controls);
    this.#sources = { clients, sampler, watch, alerts, live };
  }

  async fetch(request: Request): Promise<Response> {
    const { body, ...head } = await this.#answer(questionOf(request), { local: false });
    return new Response(body, head);
  }

  handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const handler = (question: Question, origin: Origin) => this.#answer(question, origin);
    answer(handler, incoming, outgoing, { local: false });
  }

  async listen(port: number, host = '127.0.0.1'): Promise<Listening> {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw invalid('port', 'a whole number from 0 to 65535', port);
    }
    if (typeof host !== 'string' || host === '') throw invalid('host', 'a name or address', host);
    const handler = (question: Question, origin: Origin) => this.#answer(question, origin);
    const server = await serve(handler, port, host, isLoopback(host));
    this.#servers.add(server);
    this.#sources.sampler.start();
    const bound = addressOf(server);
    const name = isIP(host) === 6 ? `[${host}]` : host;
    return { host: bound.address, port: bound.port, url: `http://${name}:${bound.port}` };
  }

  async close(): Promise<void> {
    this.#sources.sampler.close();
    this.#sources.watch.close();
    const closing = [...this.#servers].map((server) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    });
    this.#servers.clear();
    await Promise.all(closing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(question: Question, origin: Origin): Promise<Answer> {
    const route = ROUTES.get(question.url.pathname);
    const refused = this.#access.refuse(question, origin, route?.wants);
    if (refused !== undefined && (route?.open !== true || refused.status === 421)) return refused;
    if (route === undefined) return refusal(404, 'Not found');
    const methods = route.wants === 'control' ? ['POST'] : ['GET', 'HEAD'];
    if (!methods.includes(question.method)) {
      return refusal(405, 'Method not allowed', { allow: methods.join(', ') });
    }
    try {
      return await route.answer(this.#sources, question);
    } catch {
      // What failed may say more than the one who asks should know.
      return refusal(500, 'The monitor failed');
    }
  }
}
