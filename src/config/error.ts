import { isBranded } from '../native/error.js';

/** One thing that is wrong with a configuration. */
export interface ConfigIssue {
  /** The file, or the environment variable, that it is in. */
  readonly source: string;
  /** From 1; `undefined` where the source has no lines. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** With dots between its parts, such as `http_client.timeout.connect`; empty for the whole. */
  readonly key: string;
  /** What is wrong, without place and key. */
  readonly message: string;
  /** What stands there, as it is written; never a secret. */
  readonly found: string | undefined;
  /** The key that an unknown one was probably meant to be. */
  readonly suggestion: string | undefined;
}

const brand = Symbol.for('warmline.config-error');

/**
 * A configuration that cannot be used: all that is wrong with it, in the order of the file.
 *
 * `code` is `WARMLINE_CONFIG`.
 */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
  readonly code: string = 'WARMLINE_CONFIG';
  readonly issues: readonly ConfigIssue[];

  constructor(file: string, issues: readonly ConfigIssue[], cause?: unknown) {
    const count = issues.length === 1 ? '1 error' : `${issues.length} errors`;
    const lines = issues.map((issue) => `  ${describe(issue)}`);
    super([`${file} has ${count}`, ...lines].join('\n'), cause === undefined ? {} : { cause });
    this.issues = issues;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, brand);
  }
}

Object.defineProperty(ConfigError.prototype, brand, { value: true });

/** An issue on one line: where, what, and what it should have been. */
function describe({ source, line, column, key, message, suggestion }: ConfigIssue): string {
  const place = line === undefined ? source : `${source}:${line}:${column}`;
  const hint = suggestion === undefined ? '' : `: did you mean ${suggestion}?`;
  return `${place} ${key === '' ? '' : `${key} `}${message}${hint}`;
}
