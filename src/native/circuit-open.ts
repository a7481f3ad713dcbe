import { type ErrorFacts, isBranded, WarmlineError } from './error.js';

const CODE = 'WARMLINE_CIRCUIT_OPEN';

const brand = Symbol.for('warmline.circuit-open-error');

/**
 * Nothing was sent: too many requests have failed where this one was to go, and its circuit breaker is open. Its
 * `code` is `WARMLINE_CIRCUIT_OPEN`.
 */
export class CircuitOpenError extends WarmlineError {
  override readonly name: string = 'CircuitOpenError';
  /**
   * For so long nothing will be sent there, in milliseconds; 0 while those requests are under way that show
   * whether the place has recovered.
   */
  declare readonly retryAfter: number;
  /** The same as a moment. */
  readonly retryAt: Date;

  constructor(facts: ErrorFacts) {
    super({ ...facts, retryAfter: facts.retryAfter ?? 0 });
    this.retryAt = new Date(Date.now() + this.retryAfter);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, brand);
  }
}

Object.defineProperty(CircuitOpenError.prototype, brand, { value: true });

/** The error that the engine reports. */
export function failureOf(facts: ErrorFacts): WarmlineError {
  return facts.code === CODE ? new CircuitOpenError(facts) : new WarmlineError(facts);
}
