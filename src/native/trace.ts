/**
 * Tells those who watch undici's requests of ours, on its own channels of `node:diagnostics_channel`:
 * OpenTelemetry's instrumentation of undici and its like see them without knowing of this package. A request
 * that is called for while nobody listens is not traced, and costs one look.
 */

import { channel } from 'node:diagnostics_channel';

import type { WarmlineError } from './error.js';
import type { DecodedEvent } from './events.js';
import { connectionOf, factsIn, type ResponseConnection } from './facts.js';
import type { Receiver, Submission } from './submission.js';

const created = channel('undici:request:create');
const sentHeaders = channel('undici:client:sendHeaders');
const sentBody = channel('undici:request:bodySent');
const answered = channel('undici:request:headers');
const ended = channel('undici:request:trailers');
const failed = channel('undici:request:error');
const connected = channel('undici:client:connected');
const notConnected = channel('undici:client:connectError');

/** Phases of a failure before there is a connection. */
const CONNECTING: readonly unknown[] = ['dns', 'connect', 'tls'];

/** Lines of a head before its fields: the reason, the URL and how it went. */
const FIELDS_FROM = 3;

/** A request as undici's own subscribers read it, and add headers to it. */
class TracedRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  /** Names and values in turn, as undici has them from version 6 on. */
  headers: string[];
  completed = false;
  aborted = false;

  constructor({ origin, pathname, search }: URL, { method, headers }: Submission) {
    this.origin = origin;
    this.path = pathname + search;
    this.method = method;
    this.headers = [...headers];
  }

  addHeader(name: string, value: string): this {
    this.headers.push(`${name}`, `${value}`);
    return this;
  }
}

/** Hears what becomes of a request, tells of it, and passes it on. */
export class Traced implements Receiver {
  readonly #receiver: Receiver;
  readonly #request: TracedRequest;
  #over = false;

  constructor(receiver: Receiver, request: TracedRequest) {
    this.#receiver = receiver;
    this.#request = request;
  }

  get slot(): number {
    return this.#receiver.slot;
  }

  set slot(slot: number) {
    this.#receiver.slot = slot;
  }

  onWhole(status: number, flags: number, text: string, headLength: number, total: number): void {
    this.#answered(status, text.slice(0, headLength));
    this.#ended();
    this.#receiver.onWhole(status, flags, text, headLength, total);
  }

  onHead(status: number, flags: number, head: string): void {
    this.#answered(status, head);
    this.#receiver.onHead(status, flags, head);
  }

  onChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#receiver.onChunk(bytes);
  }

  onEvents(events: DecodedEvent[], bytes: number): void {
    this.#receiver.onEvents(events, bytes);
  }

  onEnd(total: number): void {
    this.#ended();
    this.#receiver.onEnd(total);
  }

  onError(error: WarmlineError): void {
    if (error.connection !== undefined) this.#sent(error.connection);
    else if (CONNECTING.includes(error.phase) && notConnected.hasSubscribers) {
      notConnected.publish({ error, connectParams: this.#connectParams(), socket: undefined });
    }
    this.#failed(error);
    this.#receiver.onError(error);
  }

  onPull(bytes: number): void {
    this.#receiver.onPull(bytes);
  }

  onRewind(): void {
    this.#receiver.onRewind();
  }

  onValue(value: unknown): void {
    this.#ended();
    this.#receiver.onValue(value);
  }

  /** Nobody waits for it any more: it was stopped, or only its rest is not wanted. */
  dismissed(stopped: boolean): void {
    if (!stopped) {
      this.#ended();
      return;
    }
    this.#request.aborted = true;
    this.#failed(new DOMException('This operation was aborted', 'AbortError'));
  }

  /** It is only now known which connection it went on. */
  #sent({ remoteAddress, localAddress, reused, protocol }: ResponseConnection): void {
    const request = this.#request;
    if (!reused && connected.hasSubscribers) {
      const socket = { ...ends('remote', remoteAddress), ...ends('local', localAddress) };
      const version = protocol === 'h2' ? 'h2' : 'h1';
      connected.publish({ connectParams: { ...this.#connectParams(), version }, socket });
    }
    if (sentHeaders.hasSubscribers) {
      const socket = { ...ends('remote', remoteAddress), ...ends('local', localAddress) };
      sentHeaders.publish({ request, headers: headText(request), socket });
    }
    if (sentBody.hasSubscribers) sentBody.publish({ request });
  }

  /** As undici names the parts of an origin. */
  #connectParams(): object {
    const { host, hostname, protocol, port } = new URL(this.#request.origin);
    return { host, hostname, protocol, port, servername: null };
  }

  #answered(statusCode: number, head: string): void {
    this.#sent(connectionOf(factsIn(head)));
    if (!answered.hasSubscribers) return;
    const lines = head.split('\n');
    // Each field's value ends its line, the last one too.
    const fields = lines.slice(FIELDS_FROM, -1);
    const headers = fields.map((text) => Buffer.from(text, 'latin1'));
    const response = { statusCode, statusText: lines[0], headers };
    answered.publish({ request: this.#request, response });
  }

  #ended(): void {
    if (this.#over) return;
    this.#over = true;
    this.#request.completed = true;
    if (ended.hasSubscribers) ended.publish({ request: this.#request, trailers: [] });
  }

  #failed(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (failed.hasSubscribers) failed.publish({ request: this.#request, error });
  }
}

/** Whether anybody wants to hear of the requests that begin now. */
export function isTraced(): boolean {
  return created.hasSubscribers;
}

/**
 * Tells of a request that begins; subscribers may change its headers. One whose origin is for the engine to
 * choose, or that nothing can be sent for, is not told of.
 */
export function trace(receiver: Receiver, submission: Submission): [Receiver, Submission] {
  const { url } = submission;
  if (!URL.canParse(url)) return [receiver, submission];
  const request = new TracedRequest(new URL(url), submission);
  created.publish({ request });
  const headers = request.headers.map((text) => `${text}`);
  return [new Traced(receiver, request), { ...submission, headers }];
}

/** As undici writes it. */
function headText({ method, path, headers }: TracedRequest): string {
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}

/** `remoteAddress` and `remotePort`, or the same of the other end, as sockets have them. */
function ends(end: 'remote' | 'local', address: string | undefined): object {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address ?? '') ?? [];
  if (host === undefined) return {};
  return { [`${end}Address`]: host, [`${end}Port`]: Number(port) };
}
