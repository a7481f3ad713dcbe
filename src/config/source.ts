/** A YAML file as values, and where in the file each of them stands. */

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { ConfigIssue } from './error.js';
import { interpolate, scalar, type Variables } from './interpolate.js';
import { withoutSecrets } from './secrets.js';

/** The keys and indexes that lead to a value. */
export type Path = readonly PropertyKey[];

/** What stands at a path; `undefined` where it leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (Object(inner) as Record<PropertyKey, unknown>)[step],
    value,
  );
}

/** What an issue says of its place. */
export type Place = Pick<ConfigIssue, 'source' | 'line' | 'column' | 'found'>;

/** Something that was configured, and where it was. */
export interface Source {
  /** Without keys that have no value. */
  readonly value: unknown;
  /** The place of a value, or of the key itself; the nearest that there is. */
  place(path: Path, of: 'key' | 'value'): Place;
  /** A value whose kind was guessed, as text. */
  asText(path: Path): string | undefined;
}

/** More of a value than this is not shown. */
const LONGEST_FOUND = 60;
/** YAML can say in a few lines what takes all memory to write out: no configuration repeats so much. */
const MOST_ALIASES = 100;

/**
 * Reads YAML, with variables put in.
 *
 * @returns what is wrong with it, too; where that is anything, the value may lack parts.
 */
export function yamlSource(
  file: string,
  text: string,
  env: Variables,
): { source: Source; issues: ConfigIssue[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
  });
  const at = (offset: number): Pick<Place, 'line' | 'column'> => {
    const { line, col: column } = lines.linePos(offset);
    return { line, column };
  };
  const faults = [...document.errors, ...document.warnings].map(({ message, pos }) =>
    issue({ source: file, ...at(pos[0]), found: undefined }, `is not valid YAML: ${message}`),
  );
  const unset: ConfigIssue[] = [];
  const filledIn = new Map<Scalar, string>();
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const { text: filled, missing } = interpolate(node.value, env);
      const place = { source: file, ...at(node.range?.[0] ?? 0), found: node.source };
      for (const name of missing) {
        unset.push(issue(place, `\${${name}} is not set, and has no default (\${${name}:-...})`));
      }
      if (filled === node.value) return;
      node.value = scalar(filled);
      filledIn.set(node, filled);
    },
  });
  const source = new YamlSource(file, document, at, filledIn, readValue(document, faults, file));
  return { source, issues: [...faults, ...unset] };
}

function readValue(document: Document.Parsed, faults: ConfigIssue[], file: string): unknown {
  if (faults.length > 0) return {};
  try {
    return withoutNothing(document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown) ?? {};
  } catch (error) {
    // An alias that leads nowhere, or too many of them.
    const place = { source: file, line: undefined, column: undefined, found: undefined };
    faults.push(issue(place, `is not valid YAML: ${(error as Error).message}`));
    return {};
  }
}

/** A key without a value counts as one that is left out. */
export function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, withoutNothing(inner)])
      .filter(([, inner]) => inner !== undefined),
  );
}

type Found = Node | null | undefined;

class YamlSource implements Source {
  readonly value: unknown;
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #at: (offset: number) => Pick<Place, 'line' | 'column'>;
  readonly #filledIn: ReadonlyMap<unknown, string>;

  constructor(
    file: string,
    document: Document.Parsed,
    at: (offset: number) => Pick<Place, 'line' | 'column'>,
    filledIn: ReadonlyMap<unknown, string>,
    value: unknown,
  ) {
    this.#file = file;
    this.#document = document;
    this.#at = at;
    this.#filledIn = filledIn;
    this.value = value;
  }

  place(path: Path, of: 'key' | 'value'): Place {
    const { node, key, offset } = this.#walk(path);
    const from = of === 'key' || node === null ? (key ?? node) : node;
    const found = of === 'value' && isScalar(node) ? shown(path, node) : undefined;
    return { source: this.#file, ...this.#at(from?.range?.[0] ?? offset), found };
  }

  asText(path: Path): string | undefined {
    return this.#filledIn.get(this.#walk(path).node);
  }

  /** What a path leads to, with its key; where it leads nowhere, only how far into the file it got. */
  #walk(path: Path): { node: Found; key: Found; offset: number } {
    let node: Found = this.#document.contents;
    let key: Found;
    let offset = 0;
    for (const step of path) {
      offset = node?.range?.[0] ?? offset;
      const inside = this.#resolved(node);
      const pair = isMap(inside) ? this.#pair(inside, step) : undefined;
      key = pair?.key as Found;
      node = isSeq(inside) ? (inside.items[Number(step)] as Node) : (pair?.value as Found);
      if (node === undefined) break;
      offset = key?.range?.[0] ?? offset;
    }
    return { node, key, offset };
  }

  #resolved(node: Found): Found {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  /** What stands under a key, be it by way of a merge key. */
  #pair(map: Node, step: PropertyKey): Pair | undefined {
    if (!isMap(map)) return undefined;
    const keyed = (name: string) =>
      map.items.find(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === name);
    const own = keyed(String(step));
    const merged = this.#resolved(keyed('<<')?.value as Found);
    return own ?? (merged ? this.#pair(merged, step) : undefined);
  }
}

/** A value as it is written: with its variables' names, not with what they stand for. */
function shown(path: Path, node: Scalar): string {
  const text = withoutSecrets(String(path.at(-1)), node.source ?? String(node.value));
  return text.length > LONGEST_FOUND ? `${text.slice(0, LONGEST_FOUND)}...` : text;
}

function issue(place: Place, message: string): ConfigIssue {
  return { ...place, key: '', message, suggestion: undefined };
}
