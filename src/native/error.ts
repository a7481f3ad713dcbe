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
  readonly causes?: readonly string[];
}

const brand = Symbol.for('warmline.error');

/**
 * What went wrong with a request or a connection. `fetch` has it as the `cause` of its
 * `TypeError: fetch failed`, everything else throws it as it is.
 *
 * Programs read `code` and `phase`; the message is for people. `instanceof` holds across two copies
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
  /** Which try of the request this was, from 1; 0 where none was made. */
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

  constructor(facts: ErrorFacts) {
    const cause = causeOf(facts.causes);
    super(facts.message, cause === undefined ? undefined : { cause });
    this.code = facts.code;
    this.phase = facts.phase;
    this.origin = facts.origin ?? undefined;
    this.attempt = facts.attempt ?? 0;
    this.reusedConnection = facts.reusedConnection ?? false;
    this.bytesSent = facts.bytesSent ?? 0;
    this.bytesReceived = facts.bytesReceived ?? 0;
    this.retryable = facts.retryable ?? false;
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

function causeOf(causes: readonly string[] = []): Error | undefined {
  return causes.reduceRight<Error | undefined>(
    (cause, message) => new Error(message, cause === undefined ? undefined : { cause }),
    undefined,
  );
}
