/** Environment variables that stand in for keys: `WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT=5`. */

import { parse } from 'yaml';
import { scalar, type Variables } from './interpolate.js';
import { withoutSecrets } from './secrets.js';
import type { Path, Place, Source } from './source.js';

const PREFIX = 'WARMLINE_';
/** Between the keys; what has none of them is a switch, such as `WARMLINE_DEBUG`. */
const SEPARATOR = '__';

/** What the environment says. `providers` are the names in the file, which may be written in other ways there. */
export function overrides(env: Variables, providers: readonly string[]): Source {
  const value: Tree = {};
  const variables = new Map<string, string>();
  for (const [name, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(PREFIX) || !name.includes(SEPARATOR) || text === undefined) continue;
    const path = keysOf(name, providers);
    variables.set(path.join('.'), name);
    put(value, path, read(text));
  }
  return {
    value,
    place: (path) => placeOf(path, variables, env),
    asText: (path) => env[variables.get(path.join('.')) ?? ''],
  };
}

interface Tree {
  [key: string]: Tree | unknown;
}

function keysOf(name: string, providers: readonly string[]): string[] {
  const keys = name.slice(PREFIX.length).toLowerCase().split(SEPARATOR);
  const [section, provider] = keys;
  if (section !== 'providers' || provider === undefined) return keys;
  const known = providers.find((written) => upper(written) === provider.toUpperCase());
  return known === undefined ? keys : [section, known, ...keys.slice(2)];
}

/** A provider's name as a variable can have it. */
const upper = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

function put(tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner = tree[key];
  const branch = typeof inner === 'object' && inner !== null ? (inner as Tree) : {};
  tree[key] = branch;
  put(branch, rest, value);
}

/** As an unquoted word in YAML, or a list in brackets. */
function read(text: string): unknown {
  if (!text.startsWith('[')) return scalar(text);
  try {
    return parse(text) as unknown;
  } catch {
    // Whoever expects a list will say that this is none.
    return text;
  }
}

/** The variable that a value is from, or the first that is about something below it. */
function placeOf(path: Path, variables: ReadonlyMap<string, string>, env: Variables): Place {
  const none = { line: undefined, column: undefined };
  for (let length = path.length; length > 0; length -= 1) {
    const key = path.slice(0, length).join('.');
    const at = [...variables].find(([full]) => full === key || full.startsWith(`${key}.`));
    if (at === undefined) continue;
    const text = env[at[1]] ?? '';
    return { source: at[1], ...none, found: withoutSecrets(String(path.at(-1)), text) };
  }
  return { source: 'the environment', ...none, found: undefined };
}
