import { setMaxListeners } from 'node:events';

import { WarmlineError } from '../native/error.js';
import type { DecodedEvent } from '../native/events.js';
import { engine, type Receiver, type Submission } from '../native/link.js';
import type { RelayReport } from '../native/passing.js';
import { ResponseFlag } from '../native/wire.js';
import { FlowingContent, WholeContent } from './content.js';
import { type Account, NOWHERE, type Stoppable } from './in-flight.js';
import { Inflow } from './inflow.js';
import { EngineResponse } from './response.js';
import { Upload } from './upload.js';

/**
 * Stops the upstream of a response that was collected before it was read. What is held here must
 * not reach the response or its stream.
 */
const forgotten = new FinalizationRegistry<Exchange>((exchange) => exchange.leave());

/** One request of `fetch`, from the call to the end of its response's body. */
export class Exchange implements Receiver, Stoppable {
  slot = -1;
  readonly #url: string;
  readonly #isHead: boolean;
  /** Let go of when it has been called: it holds the promise, and that the response. */
  #resolve: (response: Response) => void;
  #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | null;
  /** Let go of when it has been told of the end. */
  #account: Account | undefined;
  /** Where that has it. */
  readonly #place: number;
  #onAbort: (() => void) | undefined;
  #upload: Upload | undefined;
  #inflow: Inflow | undefined;
  #head = '';
  /** What this is registered under as long as there is something to stop. */
  #token: object | undefined;
  #uploadFailure: { readonly reason: unknown } | undefined;

  constructor(
    submission: Submission,
    source: Blob | ReadableStream<Uint8Array> | null,
    signal: AbortSignal | null,
    account: Account | undefined,
    resolve: (response: Response) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#url = submission.url;
    this.#isHead = submission.method.length === 4 && submission.method.toUpperCase() === 'HEAD';
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#account = account;
    this.#place = account?.add(this) ?? NOWHERE;
    try {
      engine().request(this, submission);
    } catch (error) {
      if (!(error instanceof WarmlineError)) throw error;
      this.onError(error);
      return;
    }
    if (signal !== null) this.#listen(signal);
    if (source !== null) this.#send(source);
  }

  onWhole(status: number, flags: number, text: string, headLength: number, total: number): void {
    this.#finish();
    const ascii = (flags & ResponseFlag.ascii) !== 0;
    const content = this.#isHead ? null : new WholeContent(text.slice(headLength), ascii);
    const head = text.slice(0, headLength);
    this.#resolve(
      new EngineResponse({
        status,
        flags,
        head,
        requestUrl: this.#url,
        content,
        total,
      }) as unknown as Response,
    );
  }

  onHead(status: number, flags: number, head: string): void {
    const inflow = new Inflow(this);
    this.#inflow = inflow;
    this.#head = head;
    const token = {};
    this.#token = token;
    const response = new EngineResponse({
      status,
      flags,
      head,
      requestUrl: this.#url,
      content: new FlowingContent(inflow),
      total: inflow,
      onClaim: (holder) => {
        forgotten.unregister(token);
        if (holder !== undefined && this.#token !== undefined) {
          forgotten.register(holder, this, token);
        }
      },
    });
    forgotten.register(response, this, token);
    this.#resolve(response as unknown as Response);
    this.#resolve = gone;
    this.#reject = gone;
  }

  onChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#inflow?.push(bytes);
  }

  onEvents(events: DecodedEvent[], bytes: number): void {
    this.#inflow?.events(events, bytes);
  }

  onEnd(total: number): void {
    this.#finish();
    this.#inflow?.end(total);
  }

  onError(error: WarmlineError): void {
    this.#account?.failed(error);
    this.#finish();
    if (this.#inflow !== undefined) {
      this.#inflow.fail(new TypeError('terminated', { cause: error.withHead(this.#head) }));
    } else if (this.#uploadFailure !== undefined) {
      this.#reject(new TypeError('fetch failed', { cause: this.#uploadFailure.reason }));
    } else {
      this.#reject(toTypeError(error));
    }
  }

  onPull(bytes: number): void {
    this.#upload?.pulled(bytes);
  }

  onRewind(): void {
    this.#upload?.rewind();
  }

  onValue(report: unknown): void {
    this.#finish();
    this.#inflow?.relayed(report as RelayReport);
  }

  /** Nobody wants the rest: the upstream is stopped. */
  leave(): void {
    this.#finish();
    engine().abort(this);
  }

  /** Nobody wants the rest, which should be short. */
  forgo(): void {
    this.#finish();
    engine().forgo(this);
  }

  stop(reason: unknown): void {
    this.#finish(reason);
    const inflow = this.#inflow;
    // The engine still has to report what it has passed on.
    if (inflow?.isRelayed !== true) engine().abort(this);
    if (inflow === undefined) this.#reject(reason);
    else inflow.stop(reason);
  }

  #listen(signal: AbortSignal): void {
    this.#onAbort = () => this.stop(signal.reason);
    // One signal may well stop a thousand requests; Node would warn of the eleventh.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  #send(source: Blob | ReadableStream<Uint8Array>): void {
    this.#upload = new Upload(this, source, (reason) => {
      // The engine reports that the body broke off; this is why.
      this.#uploadFailure = { reason };
    });
  }

  #finish(reason?: unknown): void {
    this.#upload?.stop(reason);
    this.#account?.delete(this.#place);
    this.#account = undefined;
    if (this.#token !== undefined) {
      // Registered, this would be kept for as long as the reader lives, and by way of its signal's reason
      // or its body's reader it may well be what the reader is kept by.
      forgotten.unregister(this.#token);
      this.#token = undefined;
    }
    if (this.#onAbort === undefined) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
  }
}

/** Codes of the engine for requests that cannot be stated. */
const INVALID_INPUT = new Set([
  'ERR_INVALID_URL',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_ARG_VALUE',
]);

function gone(): void {}

/** Input that nothing can be sent for is the caller's error; all else is the network's. */
function toTypeError(error: WarmlineError): TypeError {
  return INVALID_INPUT.has(error.code)
    ? new TypeError(error.message, { cause: error })
    : new TypeError('fetch failed', { cause: error });
}
