/**
 * Loads the native binding, and is the only file that does. Everything above takes the binding from
 * {@link binding}, so that a platform without a binary fails where the engine is first needed and
 * not where the package is imported.
 */

import { createRequire } from 'node:module';
import { rootCertificates } from 'node:tls';

import { typed } from './typed.js';

/** What the compiled addon exports; the types are generated from the Rust source by the build. */
export type Binding = typeof import('../../native/binding.cjs');

/** Where the engine wants the addresses of a name. */
export type LookupAnswer = import('../../native/binding.cjs').LookupAnswer;

/**
 * Thrown by every call that needs the engine when this process has no usable native binary.
 *
 * `code` is `WARMLINE_NATIVE_UNAVAILABLE`; `cause` is what the loader met: no package for this
 * platform, a file that the system refuses to map, or a binary of another version.
 */
export class NativeUnavailableError extends Error {
  override readonly name: string = 'NativeUnavailableError';
  readonly code: string = 'WARMLINE_NATIVE_UNAVAILABLE';

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `warmline has no native binary for ${process.platform}-${process.arch} (Node ${process.version}): ${reason}`,
      { cause },
    );
  }
}

type Outcome =
  | { readonly binding: Binding; readonly failure: undefined }
  | { readonly binding: undefined; readonly failure: NativeUnavailableError };

const outcome: Outcome = load();

function load(): Outcome {
  try {
    // The generated loader is CommonJS and picks the file by platform, so it is required and not
    // imported: a failed static import could not be caught, and a dynamic one would need top-level
    // await, which `require('warmline')` refuses. The path is the same from src/ and from dist/.
    const require = createRequire(import.meta.url);
    const binding = typed(require('../../native/binding.cjs') as Binding);
    // A look at the file system; Node's own roots are only made into text where they are needed.
    if (binding.lacksTrustStore()) binding.offerRoots(rootCertificates.join('\n'));
    return { binding, failure: undefined };
  } catch (cause) {
    return { binding: undefined, failure: new NativeUnavailableError(cause) };
  }
}

/**
 * The compiled addon.
 *
 * @throws {NativeUnavailableError} if it could not be loaded; the same error at every call.
 */
export function binding(): Binding {
  if (outcome.failure !== undefined) throw outcome.failure;
  return outcome.binding;
}

/**
 * Whether the native engine is loaded in this process. Never throws.
 *
 * @example
 * ```ts
 * import { isNativeAvailable } from 'warmline'
 * if (!isNativeAvailable()) console.warn('running without the native engine')
 * ```
 */
export function isNativeAvailable(): boolean {
  return outcome.failure === undefined;
}
