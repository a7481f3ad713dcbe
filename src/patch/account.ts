import { type Account, NOWHERE, type Stoppable } from '../fetch/in-flight.js';
import type { WarmlineError } from '../native/error.js';

/** What has gone through one patch since it was made. */
export interface PatchStatistics {
  /** Requests that the engine was given, those that an SDK repeats of its own accord included. */
  readonly calls: number;
  /** Of an SDK whose streams the engine can decode: those that it has opened. */
  readonly streams: number;
  /** Events of streams that the engine has decoded. */
  readonly events: number;
  /** Calls that were left, before anything of them was sent, to what the target had before. */
  readonly fallbacks: number;
  /** Calls that failed for a defect of the engine. */
  readonly engineErrors: number;
  /** Milliseconds that its calls have taken, each from the call to the end of its response's body, in sum. */
  readonly callTime: number;
}

/** What a defect of the engine is called; all else is the network's, the provider's or the caller's doing. */
const DEFECTS = new Set(['WARMLINE_ENGINE', 'WARMLINE_PANIC', 'WARMLINE_INTERNAL']);

/** So many failures of the engine itself turn a patch off. */
const MOST_DEFECTS = 3;

/** Whether patches are to be followed, in this thread. */
let enabled = true;

/** Keeps account of what goes through one patch, and says whether anything may. */
export class PatchAccount implements Account {
  streams = 0;
  events = 0;
  fallbacks = 0;
  readonly #name: string;
  /** The client's whose pool it is, unless that is the one that the process shares. */
  readonly #inner: Account | undefined;
  #calls = 0;
  #engineErrors = 0;
  #open = 0;
  /** The sum of when calls ended, without the sum of when they began. */
  #time = 0;
  #retired = false;
  #defects = 0;

  constructor(name: string, inner: Account | undefined) {
    this.#name = name;
    this.#inner = inner;
  }

  /** Whether calls go to the engine. */
  get active(): boolean {
    return enabled && !this.#retired && this.#defects < MOST_DEFECTS;
  }

  get statistics(): PatchStatistics {
    const { streams, events, fallbacks } = this;
    return {
      calls: this.#calls,
      streams,
      events,
      fallbacks,
      engineErrors: this.#engineErrors,
      callTime: Math.max(0, this.#time + this.#open * performance.now()),
    };
  }

  /** It is patched no longer: whoever still has its `fetch` goes on by what was there before. */
  retire(): void {
    this.#retired = true;
  }

  /** The engine gets another chance. */
  forgive(): void {
    this.#defects = 0;
  }

  assertOpen(): void {
    this.#inner?.assertOpen();
  }

  add(exchange: Stoppable): number {
    this.#calls++;
    this.#open++;
    this.#time -= performance.now();
    return this.#inner?.add(exchange) ?? NOWHERE;
  }

  delete(place: number): void {
    this.#open--;
    this.#time += performance.now();
    this.#inner?.delete(place);
  }

  failed(error: WarmlineError): void {
    if (!DEFECTS.has(error.code)) return;
    this.#engineErrors++;
    this.#defects++;
    if (this.#defects !== MOST_DEFECTS) return;
    process.emitWarning(
      `the engine has failed ${MOST_DEFECTS} times under the patch of ${this.#name} (last: ${error.code}): its calls go without the engine from now on; please report it`,
      { code: 'WARMLINE_PATCH_OFF' },
    );
  }
}

/** Turns what goes through patches on or off. */
export function setEnabled(on: boolean): void {
  enabled = on;
}

/** Whether patches are followed in this thread. */
export function isEnabled(): boolean {
  return enabled;
}
