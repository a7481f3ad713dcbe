import { WarmlineError } from '../native/error.js';

/** Something under way that can be stopped. */
export interface Stoppable {
  stop(reason: unknown): void;
}

/** The place of what nobody keeps account of. */
export const NOWHERE = -1;

/** Whoever keeps account of exchanges: a client of its own, a patch of what went through it. */
export interface Account {
  /** @throws {WarmlineError} where nothing may be started any more. */
  assertOpen(): void;
  /** Its place in the account, by which it is to be deleted. */
  add(exchange: Stoppable): number;
  /** The one at this place is over, however it ended; told once for each. */
  delete(place: number): void;
  /** One of them failed, before it is over. */
  failed(error: WarmlineError): void;
}

/**
 * What a client has under way, so that it can wait for it or stop it.
 *
 * By place, and not in a `Set`: that leaves a table behind every few dozen requests, each of which points to the next.
 * Once one of them is of V8's old generation, all that follow are kept until that is collected, with the requests that
 * were in them.
 */
export class InFlight implements Account {
  /** `undefined` where a place is free. */
  readonly #exchanges: (Stoppable | undefined)[] = [];
  readonly #free: number[] = [];
  #closed = false;
  #waiting: (() => void)[] = [];

  /** @throws {WarmlineError} `WARMLINE_CLOSED` once nothing may be started any more. */
  assertOpen(): void {
    if (!this.#closed) return;
    const message = 'the client is closed';
    throw new WarmlineError({ code: 'WARMLINE_CLOSED', phase: 'pool', message });
  }

  add(exchange: Stoppable): number {
    const place = this.#free.pop() ?? this.#exchanges.length;
    this.#exchanges[place] = exchange;
    return place;
  }

  delete(place: number): void {
    this.#exchanges[place] = undefined;
    this.#free.push(place);
    if (this.#size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The engine counts the failures of its clients. */
  failed(_error: WarmlineError): void {}

  /** Lets nothing new start, and waits for the rest. */
  async drained(): Promise<void> {
    this.#closed = true;
    if (this.#size === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Lets nothing new start, and stops the rest. */
  stop(reason: unknown): void {
    this.#closed = true;
    for (const exchange of this.#exchanges) exchange?.stop(reason);
  }

  get #size(): number {
    return this.#exchanges.length - this.#free.length;
  }
}
