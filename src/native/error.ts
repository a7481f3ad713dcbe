import {
  connectionOf,
  factsIn,
  millis,
  type RequestTimings,
  type ResponseConnection,
  timingsOf,
  timingsTowards,
} from './facts.js';

/** Where in a request's life it failed, in their order. */
export type Phase = 'pool' | 'dns' | 'connect' | 'tls' | 'send' | 'headers' | 'body';

/** The fields of a {@link WarmlineError}, as the engine reports them. */
export interface ErrorFacts {
  readonly code: string;
  readonly phase: Phase;
  readonly message: string;
  readonly origin?: string | null;
  readonly attempt?: number;
  readonly reusedConnection?: boolean;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly retryable?: boolean;
  readonly retryAfter?: number | null;
  readonly causes?: readonly string[];
  /** What each address of a host said, where none answered. */
  readonly attempts?: readonly AttemptFacts[] | null;
  /** How it went on the connection, if it had one; see `facts.ts`. */
  readonly facts?: string | null;
  /** How long each step towards a connection took, if it never had one; see `facts.ts`. */
  readonly reached?: readonly number[] | null;
  /** Microseconds until it failed. */
  readonly took?: number | null;
}

/** Why one address could not be connected to. */
export interface AttemptFacts {
  readonly code: string;
  readonly message: string;
  readonly address: string;
  readonly port: number;
}

const brand = Symbol.for('warmline.error');

/**
 * What went wrong with a request or a connection. `fetch` has it as the `cause` of its
 * `TypeError: fetch failed`, everything else throws it as it is.
 *
 * Programs read `code` and `phase`; the message is for people. Where a host has several addresses and none
 * could be connected to, the `cause` is an `AggregateError` of the `errors` of each. `instanceof` holds across two copies
 * of the package in one process.
 */
export class WarmlineError extends Error {
  override readonly name: string = 'WarmlineError';
  /** Node's own code where it has one (`ECONNREFUSED`), undici's where that has one (`UND_ERR_SOCKET`), else `WARMLINE_*`. */
  readonly code: string;
  /** The part of the request's life that failed. */
  readonly phase: Phase;
  /** The origin the request was for, such as `https://api.openai.com`. */
  readonly origin: string | undefined;
  /** How many tries of the request were made, this one included; 0 where none was. */
  readonly attempt: number;
  /** Whether the connection had carried a request before. */
  readonly reusedConnection: boolean;
  /** Bytes of this request that the operating system took; 0 by HTTP/2, where requests share a connection. */
  readonly bytesSent: number;
  /** Bytes of the response that had arrived; by HTTP/2, of its body. */
  readonly bytesReceived: number;
  /**
   * Whether sending the request again is safe: provably no byte of it left this process, or the server said
   * that it has not looked at it.
   */
  readonly retryable: boolean;
  /** Where nothing was sent for this reason: for so long nothing will be, in milliseconds. */
  readonly retryAfter: number | undefined;
  #facts: string | undefined;
  readonly #reached: readonly number[];
  readonly #took: number | undefined;

  constructor(facts: ErrorFacts) {
    const cause = facts.attempts ? allFailed(facts.attempts) : causeOf(facts.causes);
    super(facts.message, cause === undefined ? undefined : { cause });
    this.code = facts.code;
    this.phase = facts.phase;
    this.origin = facts.origin ?? undefined;
    this.attempt = facts.attempt ?? 0;
    this.reusedConnection = facts.reusedConnection ?? false;
    this.bytesSent = facts.bytesSent ?? 0;
    this.bytesReceived = facts.bytesReceived ?? 0;
    this.retryable = facts.retryable ?? false;
    this.retryAfter = facts.retryAfter ?? undefined;
    this.#facts = facts.facts ?? undefined;
    this.#reached = facts.reached ?? [];
    this.#took = facts.took ?? undefined;
  }

  /**
   * Where the time went until it failed, in milliseconds: `total` is there for whatever was a request; `queue`
   * where it was on its way to a connection; `dns`, `connect` and `tls` as far as opening one came, the step that
   * failed included; all of them once it had one, `send` and `firstByte` being 0 where no response came.
   */
  get timings(): Partial<RequestTimings> | undefined {
    const total = this.#took === undefined ? undefined : millis(this.#took);
    if (this.#facts !== undefined) return timingsOf(this.#facts, total);
    return total === undefined ? undefined : timingsTowards(this.#reached, total);
  }

  /** The connection that it failed on, if there was one. */
  get connection(): ResponseConnection | undefined {
    return this.#facts === undefined ? undefined : connectionOf(this.#facts);
  }

  /**
   * Adds what the head of a response said, for a body that broke off.
   *
   * @internal
   */
  withHead(head: string): this {
    this.#facts ??= factsIn(head);
    return this;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, brand);
  }
}

Object.defineProperty(WarmlineError.prototype, brand, { value: true });

/** Whether an error is of the class that has this brand, be it of another copy of the package. */
export function isBranded(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && brand in value;
}

/** As Node has it where no address of a host could be connected to. */
function allFailed(attempts: readonly AttemptFacts[]): AggregateError {
  const errors = attempts.map(({ message, ...facts }) =>
    Object.assign(new Error(message), { syscall: 'connect', ...facts }),
  );
  const cause = new AggregateError(errors, 'every address failed');
  return Object.assign(cause, { code: attempts[0]?.code });
}

function causeOf(causes: readonly string[] = []): Error | undefined {
  return causes.reduceRight<Error | undefined>(
    (cause, message) => new Error(message, cause === undefined ? undefined : { cause }),
    undefined,
  );
}
