import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { assemble, type Said } from './assemble.js';
import { check } from './check.js';
import type { Config } from './config.js';
import { ENVIRONMENTS, type Environment } from './environments.js';
import { ConfigError, type ConfigIssue } from './error.js';
import type { Variables } from './interpolate.js';
import { overrides } from './overrides.js';
import { layer, root } from './schema/root.js';
import { type Path, type Source, yamlSource } from './source.js';
import { contradictions } from './spelling.js';

/** How a configuration is read. */
export interface LoadOptions {
  /**
   * What `${NAME}` in values, `WARMLINE_ENV`, `NODE_ENV` and keys such as `WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT`
   * are looked up in. Default `process.env`.
   */
  env?: Variables;
}

/** How {@link validateConfig} reads a configuration. */
export interface ValidateOptions extends LoadOptions {
  /** What errors call it, and what the paths in it are relative to. Default `warmline.yaml`. */
  file?: string;
}

/** What {@link validateConfig} finds. */
export type Validation =
  | { readonly valid: true; readonly config: Config; readonly issues: readonly [] }
  | { readonly valid: false; readonly config: undefined; readonly issues: readonly ConfigIssue[] };

/**
 * Reads a YAML file into options of this package. The section of the environment that `WARMLINE_ENV`, else
 * `NODE_ENV`, names is merged over the rest, and variables such as `WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT=5`
 * over all of it.
 *
 * @throws {ConfigError} with everything that is wrong in it, each with its line and column.
 * @throws what the file system says where the file cannot be read.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 * import { loadConfig } from 'warmline/config'
 *
 * const { client, providers } = await loadConfig('warmline.yaml')
 * const openai = new HttpClient(providers.openai?.client ?? client)
 * ```
 */
export async function loadConfig(path: string | URL, options: LoadOptions = {}): Promise<Config> {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  return parseConfig(await readFile(file, 'utf8'), { ...options, file });
}

/**
 * Checks a configuration without using it.
 *
 * @param yaml the text of a file.
 */
export function validateConfig(yaml: string, options: ValidateOptions = {}): Validation {
  const { config, issues } = read(yaml, options);
  return issues.length === 0 && config !== undefined
    ? { valid: true, config, issues: [] }
    : { valid: false, config: undefined, issues };
}

/** @throws {ConfigError} */
export function parseConfig(yaml: string, options: ValidateOptions & { file: string }): Config {
  const result = validateConfig(yaml, options);
  if (!result.valid) throw new ConfigError(options.file, result.issues);
  return result.config;
}

function read(
  yaml: string,
  { file = 'warmline.yaml', env = process.env }: ValidateOptions,
): { config: Config | undefined; issues: ConfigIssue[] } {
  const { source, issues } = yamlSource(file, yaml, env);
  if (issues.length > 0) return { config: undefined, issues };
  const { data = {}, issues: wrong } = check(root, source);
  const variables = overrides(env, Object.keys(data.providers ?? {}));
  const over = check(layer, variables);
  issues.push(...wrong, ...over.issues);
  const environment = environmentOf(env, issues);
  const { development, test, staging, production, ...base } = data;
  const environments = { development, test, staging, production };
  const all: Said[] = [said(source, [], base)];
  for (const name of ENVIRONMENTS) all.push(said(source, [name], environments[name] ?? {}));
  all.push(said(variables, [], over.data ?? {}));
  for (const { source: from, path, layer } of all)
    issues.push(...contradictions(layer, from, path));
  if (issues.length > 0) return { config: undefined, issues: inOrder(issues) };
  const applied = all.filter(({ path }) => path.length === 0 || path[0] === environment);
  const assembled = assemble(file, environment, applied);
  return { config: assembled.config, issues: inOrder(assembled.issues) };
}

const said = (source: Source, path: Path, layer: Said['layer']): Said => ({ source, path, layer });

/** `WARMLINE_ENV` must be one of ours; `NODE_ENV` is everybody's, and others count as none. */
function environmentOf(env: Variables, issues: ConfigIssue[]): Environment | undefined {
  const own = env['WARMLINE_ENV'] || undefined;
  const found = ENVIRONMENTS.find((name) => name === (own ?? env['NODE_ENV']));
  if (found === undefined && own !== undefined) {
    issues.push({
      source: 'WARMLINE_ENV',
      line: undefined,
      column: undefined,
      key: '',
      message: `must be one of ${ENVIRONMENTS.join(', ')}, not ${own}`,
      found: own,
      suggestion: undefined,
    });
  }
  return found;
}

/** As they stand in the file; then what has no place in it. */
function inOrder(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const place = ({ line = Number.POSITIVE_INFINITY, column = 0 }: ConfigIssue) => [line, column];
  return issues.toSorted((one, other) => {
    const [[line = 0, column = 0], [below = 0, right = 0]] = [place(one), place(other)];
    return line === below ? column - right : line < below ? -1 : 1;
  });
}
