import type { Account, Stoppable } from '../fetch/in-flight.js';
import { Upload } from '../fetch/upload.js';
import { WarmlineError } from '../native/error.js';
import { engine, type Receiver, type Submission } from '../native/link.js';
import type { Outgoing } from './body.js';
import { type Controller, type Head, headOf, type Listener } from './handler.js';

/** Credit is given back in pieces of at least this many bytes; well below the engine's window. */
const CREDIT_BYTES = 64 * 1024;

/** One request of a dispatcher, from the call to its end; what its handler controls. */
export class DispatchExchange implements Receiver, Stoppable, Controller {
  slot = -1;
  readonly #listener: Listener;
  /** Let go of when it has been told of the end. */
  #account: Account | undefined;
  readonly #place: number;
  readonly #isHead: boolean;
  #upload: Upload | undefined;
  #uploadFailure: { readonly reason: unknown } | undefined;
  /** What has come and waits for the handler to resume. */
  #waiting: Buffer[] = [];
  #uncredited = 0;
  #responded: Head | undefined;
  /** All has come, though not all may have been handed over. */
  #complete = false;
  #over = false;
  #paused = false;
  #aborted = false;
  #reason: unknown = null;

  constructor(listener: Listener, account: Account, method: string) {
    this.#listener = listener;
    this.#account = account;
    this.#isHead = method === 'HEAD';
    this.#place = account.add(this);
    this.#tell(() => listener.start(this));
  }

  /** Whether nothing is to be sent any more: its handler has aborted it. */
  get over(): boolean {
    return this.#over;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get rawHeaders(): Buffer[] | null {
    return this.#responded?.raw ?? null;
  }

  get rawTrailers(): Buffer[] | null {
    return this.#complete ? [] : null;
  }

  send(submission: Submission, source: Outgoing['source']): void {
    try {
      engine().request(this, submission);
    } catch (error) {
      if (error instanceof WarmlineError) this.onError(error);
      else this.fail(error);
      return;
    }
    if (source === null) return;
    this.#upload = new Upload(this, source, (reason) => {
      // The engine reports that the body broke off; this is why.
      this.#uploadFailure = { reason };
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // Not within the handler's own call, which it may resume from.
    queueMicrotask(() => this.#flush());
  }

  abort(reason: unknown = aborted()): void {
    if (this.#over) return;
    this.#aborted = true;
    this.#reason = reason;
    this.stop(reason);
  }

  stop(reason: unknown): void {
    engine().abort(this);
    this.fail(reason);
  }

  /** It ends with this error, which its handler hears of. */
  fail(reason: unknown): void {
    if (this.#over) return;
    this.#finish(reason);
    this.#waiting = [];
    try {
      this.#listener.error(this, reason);
    } catch (error) {
      rethrow(error);
    }
  }

  onWhole(status: number, _flags: number, text: string, headLength: number): void {
    this.#head(status, text.slice(0, headLength));
    if (text.length > headLength && !this.#isHead) {
      this.#hand(Buffer.from(text.slice(headLength), 'latin1'));
    }
    this.onEnd();
  }

  onHead(status: number, _flags: number, head: string): void {
    this.#head(status, head);
  }

  onChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#hand(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  onEnd(): void {
    this.#complete = true;
    this.#flush();
  }

  onError(error: WarmlineError): void {
    this.#account?.failed(error);
    this.fail(this.#uploadFailure?.reason ?? error);
  }

  onRewind(): void {
    this.#upload?.rewind();
  }

  onPull(bytes: number): void {
    this.#upload?.pulled(bytes);
  }

  onEvents(): void {}

  onValue(): void {}

  #head(status: number, text: string): void {
    const head = headOf(status, text);
    this.#responded = head;
    this.#tell(() => this.#listener.head(this, head));
  }

  #hand(chunk: Buffer): void {
    if (this.#paused || this.#waiting.length > 0) this.#waiting.push(chunk);
    else this.#data(chunk);
  }

  #flush(): void {
    while (!this.#paused && !this.#over) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#data(chunk);
    }
    if (!this.#complete || this.#paused || this.#over) return;
    this.#finish();
    try {
      this.#listener.end(this);
    } catch (error) {
      this.#over = false;
      this.fail(error);
    }
  }

  #data(chunk: Buffer): void {
    this.#uncredited += chunk.length;
    if (this.#uncredited >= CREDIT_BYTES) {
      engine().credit(this, this.#uncredited);
      this.#uncredited = 0;
    }
    this.#tell(() => this.#listener.data(this, chunk));
  }

  /** A handler that throws has its request aborted. */
  #tell(call: () => void): void {
    if (this.#over) return;
    try {
      call();
    } catch (error) {
      this.abort(error);
    }
  }

  #finish(reason?: unknown): void {
    this.#over = true;
    this.#upload?.stop(reason);
    this.#account?.delete(this.#place);
    this.#account = undefined;
  }
}

/** As undici has it for an abort without a reason. */
function aborted(): Error {
  return Object.assign(new Error('Request aborted'), {
    name: 'AbortError',
    code: 'UND_ERR_ABORTED',
  });
}

/** What a handler throws when it is told of an error is nobody's; it must not be lost, nor stop others. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
