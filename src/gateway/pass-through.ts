import { setImmediate } from 'node:timers';

import { WarmlineError } from '../native/error.js';
import { type ByteSink, type ByteSource, pass } from '../native/passing.js';
import { Counted, wishOf } from './counted.js';
import { endToEnd } from './head.js';
import { isPassable } from './pipe.js';
import { type PipeReport, reportOf } from './report.js';

/** A response to be given to a web framework, and what becomes of it. */
export interface PassThrough {
  /** The upstream's status, end-to-end headers and body. */
  readonly response: Response;
  /** Once the body has ended; it never rejects. */
  readonly report: Promise<PipeReport>;
}

/**
 * Makes a response for the client of a gateway out of an upstream's: for frameworks that want a web
 * `Response` (Hono, Next.js, SvelteKit, `Deno.serve`'s kind). {@link pipe} costs far less where there is
 * a response of Node's to be had.
 *
 * The body passes byte for byte, as it is read, and its usage is counted on the way. Cancelling it stops
 * the upstream, and so does collecting it unread; where the upstream breaks off, reading it fails.
 *
 * @param from a response of this package's `fetch`, whose body nobody has read.
 * @throws {TypeError} for any other.
 *
 * @example
 * ```ts
 * app.post('/v1/chat/completions', async (c) => {
 *   const upstream = await fetch(url, { method: 'POST', headers, body: await c.req.text() })
 *   const { response, report } = passThrough(upstream)
 *   report.then(({ end, usage }) => console.log(end, usage))
 *   return response
 * })
 * ```
 */
export function passThrough(from: Response): PassThrough {
  if (!isPassable(from))
    throw new TypeError("passThrough: expected a response of warmline's fetch");
  const { url, status, statusText } = from;
  const outflow = new Outflow(url, wishOf(from));
  const body = from.body && outflow.stream();
  if (body === null) outflow.finish();
  else outflow.begin(from[pass](outflow, body));
  const response = new Response(body, { status, statusText, headers: endToEnd(from) });
  return { response, report: outflow.report };
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** A body on its way into a stream of its own, counted as it is read. */
class Outflow implements ByteSink {
  readonly report: Promise<PipeReport>;
  readonly #url: string;
  readonly #counted: Counted;
  #settle: (report: PipeReport) => void = () => {};
  #source: ByteSource | undefined;
  /** What has come and was not read. */
  #queue: Uint8Array[] = [];
  /** How it ended, to be told after that. */
  #last: { readonly reason: unknown } | 'complete' | undefined;
  /** A read that waits. Held only so long, so that a forgotten stream can be collected. */
  #reader: Controller | undefined;

  constructor(url: string, wish: number | undefined) {
    this.#url = url;
    this.#counted = new Counted(wish);
    this.report = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: () => {
          this.#ended('client-left');
          this.#source?.leave();
        },
      },
      { highWaterMark: 0 },
    );
  }

  begin(source: ByteSource): void {
    this.#source = source;
    source.flow();
  }

  chunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
    this.#serve();
  }

  end(): void {
    this.#last = 'complete';
    this.#serve();
  }

  fail(reason: unknown): void {
    this.#last = { reason };
    this.#serve();
  }

  stop(reason: unknown): void {
    this.#queue = [];
    this.fail(reason);
  }

  /** All of it was read, or there is nothing to read. */
  finish(): void {
    this.#counted.finish();
    this.#ended('complete');
  }

  // Never asked for.
  relayed(): void {}
  declined(): void {}

  #serve(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) this.#pull(reader);
  }

  #pull(controller: Controller): void {
    const bytes = this.#queue.shift();
    if (bytes !== undefined) {
      this.#counted.add(bytes);
      this.#source?.credit(bytes.length);
      controller.enqueue(bytes);
    } else if (this.#last === undefined) {
      this.#reader = controller;
    } else if (this.#last === 'complete') {
      this.finish();
      controller.close();
    } else {
      const { reason } = this.#last;
      this.#ended(isBroken(reason) ? 'upstream-failed' : 'stopped', reason);
      // A turn later, as what came before may still be on its way through the streams that this is piped into.
      setImmediate(() => controller.error(reason));
    }
  }

  #ended(end: PipeReport['end'], error?: unknown): void {
    const { bytes } = this.#counted;
    const facts = { end, bytes, error, native: false };
    this.#settle(reportOf(this.#url, facts, this.#counted.read()));
  }
}

/** Not stopped by its signal, whose reason it would be. */
function isBroken(reason: unknown): boolean {
  return reason instanceof TypeError && reason.cause instanceof WarmlineError;
}
