import { inspect } from 'node:util';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A head's lines before its headers: reason, final URL, facts of the exchange. */
const LINES_BEFORE = 3;

/**
 * A response's headers, read from the bytes of its head when somebody asks. An instance of the
 * global `Headers`, whose constructor it never runs: most responses have a header or two looked at.
 */
export class ResponseHeaders {
  readonly #head: string;
  /** Names and values in turn, as they came. */
  #lines: string[] | undefined;
  /** Names in order with their combined values; `set-cookie` once for each cookie. */
  #entries: [string, string][] | undefined;

  /** `head` is that of a completion record: from its fourth line on, a name and a value in turn. */
  constructor(head: string) {
    this.#head = head;
  }

  get(name: string): string | null {
    const key = normalize('get', name);
    const lines = this.#parsed();
    let value: string | null = null;
    for (let i = 0; i < lines.length; i += 2) {
      if (lines[i] !== key) continue;
      value = value === null ? (lines[i + 1] as string) : `${value}, ${lines[i + 1]}`;
    }
    return value;
  }

  has(name: string): boolean {
    const key = normalize('has', name);
    const lines = this.#parsed();
    for (let i = 0; i < lines.length; i += 2) if (lines[i] === key) return true;
    return false;
  }

  getSetCookie(): string[] {
    const lines = this.#parsed();
    return lines.filter((_, i) => i % 2 === 1 && lines[i - 1] === 'set-cookie');
  }

  append(_name: string, _value: string): never {
    throw new TypeError('immutable');
  }

  set(_name: string, _value: string): never {
    throw new TypeError('immutable');
  }

  delete(_name: string): never {
    throw new TypeError('immutable');
  }

  forEach(
    callback: (value: string, key: string, parent: Headers) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this.#sorted()) {
      callback.call(thisArg, value, name, this as unknown as Headers);
    }
  }

  entries(): IterableIterator<[string, string]> {
    return copies(this.#sorted());
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#sorted()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.#sorted()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  [inspect.custom](depth: number, options: object): string {
    return `Headers ${inspect(Object.fromEntries(this.#sorted()), { ...options, depth })}`;
  }

  #parsed(): string[] {
    // The last line ends with a line feed too, so that an empty one follows it.
    this.#lines ??= this.#head.split('\n').slice(LINES_BEFORE, -1);
    return this.#lines;
  }

  #sorted(): [string, string][] {
    if (this.#entries !== undefined) return this.#entries;
    const lines = this.#parsed();
    const combined = new Map<string, string>();
    const cookies: [string, string][] = [];
    for (let i = 0; i < lines.length; i += 2) {
      const name = lines[i] as string;
      const value = lines[i + 1] as string;
      if (name === 'set-cookie') {
        cookies.push([name, value]);
        continue;
      }
      const before = combined.get(name);
      combined.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    // The sort is stable, so that cookies stay in the order in which they were set.
    this.#entries = [...combined, ...cookies].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return this.#entries;
  }
}

Object.setPrototypeOf(ResponseHeaders.prototype, Headers.prototype);

function* copies(entries: [string, string][]): IterableIterator<[string, string]> {
  for (const [name, value] of entries) yield [name, value];
}

function normalize(method: string, name: string): string {
  const text = `${name}`;
  if (!token.test(text)) {
    throw new TypeError(`Headers.${method}: ${text} is an invalid header name.`);
  }
  return text.toLowerCase();
}

/** What `fetch` takes as headers. */
export type HeadersInput =
  | Headers
  | Readonly<Record<string, string | undefined>>
  | Iterable<readonly [string, string]>
  | undefined;

/**
 * Writes headers as names and values in turn. Whether they may be sent is the engine's to say;
 * here only their shape is checked (WebIDL `HeadersInit`).
 */
export function flatten(headers: HeadersInput | null): string[] {
  const flat: string[] = [];
  if (headers === undefined) return flat;
  if (headers === null || typeof headers !== 'object') {
    throw new TypeError('headers must be a Headers object, an object, or an array of pairs');
  }
  if (headers instanceof Headers) {
    // By far the cheapest way through an undici Headers object.
    Headers.prototype.forEach.call(headers, (value, name) => flat.push(name, value));
    return flat;
  }
  if (Symbol.iterator in headers) {
    for (const pair of headers as Iterable<Iterable<unknown>>) {
      const [name, value, ...rest] = typeof pair === 'object' ? [...pair] : [];
      if (value === undefined || rest.length > 0) {
        throw new TypeError('each header of an array must be a pair of name and value');
      }
      flat.push(`${name as string}`, `${value as string}`);
    }
    return flat;
  }
  for (const name of Object.keys(headers)) {
    flat.push(name, `${(headers as Record<string, unknown>)[name] as string}`);
  }
  return flat;
}

/** Whether a flat list has a header; `name` is in lower case. */
export function includes(flat: readonly string[], name: string): boolean {
  for (let i = 0; i < flat.length; i += 2) {
    const candidate = flat[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return true;
  }
  return false;
}
