import { WarmlineError } from '../native/error.js';

/** Something under way that can be stopped. */
export interface Stoppable {
  stop(reason: unknown): void;
}

/** Whoever keeps account of exchanges: a client of its own, a patch of what went through it. */
export interface Account {
  /** @throws {WarmlineError} where nothing may be started any more. */
  assertOpen(): void;
  add(exchange: Stoppable): void;
  /** It is over, however it ended; told once for each. */
  delete(exchange: Stoppable): void;
  /** One of them failed, before it is over. */
  failed(error: WarmlineError): void;
}

/** What a client has under way, so that it can wait for it or stop it. */
export class InFlight implements Account {
  readonly #exchanges: Set<Stoppable> = new Set();
  #closed = false;
  #waiting: (() => void)[] = [];

  /** @throws {WarmlineError} `WARMLINE_CLOSED` once nothing may be started any more. */
  assertOpen(): void {
    if (!this.#closed) return;
    const message = 'the client is closed';
    throw new WarmlineError({ code: 'WARMLINE_CLOSED', phase: 'pool', message });
  }

  add(exchange: Stoppable): void {
    this.#exchanges.add(exchange);
  }

  delete(exchange: Stoppable): void {
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The engine counts the failures of its clients. */
  failed(_error: WarmlineError): void {}

  /** Lets nothing new start, and waits for the rest. */
  async drained(): Promise<void> {
    this.#closed = true;
    if (this.#exchanges.size === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Lets nothing new start, and stops the rest. */
  stop(reason: unknown): void {
    this.#closed = true;
    for (const exchange of [...this.#exchanges]) exchange.stop(reason);
  }
}
