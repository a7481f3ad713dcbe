import { isBranded, WarmlineError } from '../native/error.js';

const brand = Symbol.for('warmline.provider-error');

/** What the engine reads from a provider's error. */
export interface ProviderFailure {
  readonly type?: string;
  readonly code?: string;
  readonly message: string;
}

/**
 * An error that a provider reports in the middle of its stream. `message` is the provider's own, `code`
 * is `WARMLINE_PROVIDER_ERROR`.
 */
export class ProviderError extends WarmlineError {
  override readonly name: string = 'ProviderError';
  /** The provider's name for this kind of error, such as `overloaded_error` or `UNAVAILABLE`. */
  readonly type: string | undefined;
  /** The provider's code, where it gives one beside or instead of the type. */
  readonly providerCode: string | undefined;

  constructor({ type, code, message }: ProviderFailure, origin: string | undefined) {
    super({ code: 'WARMLINE_PROVIDER_ERROR', phase: 'body', message, origin: origin ?? null });
    this.type = type;
    this.providerCode = code;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, brand);
  }
}

Object.defineProperty(ProviderError.prototype, brand, { value: true });
