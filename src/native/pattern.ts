/** The keys and indexes that lead to a value. */
type Way = readonly (string | number)[];

/** How one container of the object is made anew, and what of it does not stay as it is. */
interface Copy {
  readonly source: Container;
  readonly keys: readonly (string | number)[];
  /** For each key another container, or the number of the hole. */
  readonly parts: readonly (Copy | number)[];
}

type Values = Record<string | number, unknown>;
type Container = Values | unknown[];

/** What the engine sends of a pattern: an object, the ways to its holes, and the name of its events. */
export type Described = readonly [object: Container, ways: readonly Way[], name: string | null];

/**
 * Objects of a stream that differ in a few values: each is made from what does not change, which has been parsed
 * once, and those values. They share nothing with each other.
 */
export class Pattern {
  readonly name: string | undefined;
  /** How many values an object takes. */
  readonly holes: number;
  readonly #copy: Copy;

  constructor([object, ways, name]: Described) {
    this.name = name ?? undefined;
    this.holes = ways.length;
    this.#copy = copyOf(object, new Map(ways.map((way, hole) => [text(way), hole])), []);
  }

  /** An object with the values from `at` on in its holes. */
  object(values: readonly unknown[], at: number): unknown {
    return made(this.#copy, values, at);
  }
}

/** Keys with an escape in them make no pattern, so that none has a line feed. */
function text(way: Way): string {
  return way.join('\n');
}

function copyOf(source: Container, holes: ReadonlyMap<string, number>, way: Way): Copy {
  const keys: (string | number)[] = [];
  const parts: (Copy | number)[] = [];
  for (const [name, value] of Object.entries(source)) {
    const key = Array.isArray(source) ? Number(name) : name;
    const here = [...way, key];
    const part =
      typeof value === 'object' && value !== null
        ? copyOf(value as Container, holes, here)
        : holes.get(text(here));
    if (part === undefined) continue;
    keys.push(key);
    parts.push(part);
  }
  return { source, keys, parts };
}

function made({ source, keys, parts }: Copy, values: readonly unknown[], at: number): unknown {
  const object = (Array.isArray(source) ? source.slice() : { ...source }) as Values;
  for (let i = 0; i < keys.length; i++) {
    const part = parts[i] as Copy | number;
    object[keys[i] as string] =
      typeof part === 'number' ? values[at + part] : made(part, values, at);
  }
  return object;
}
