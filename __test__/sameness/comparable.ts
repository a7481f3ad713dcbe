import { createHash } from 'node:crypto';

/** What is not compared as it is: the port of a server, and what is drawn at random. */
export type Hide = (text: string) => string;

/** Texts and bytes that are longer are compared by their digests, so that a failure can be read. */
const LONG = 2000;

/**
 * A value as data alone, as it is now: errors, headers and responses become what a program can see of them,
 * and no later change to an object shows.
 */
export function comparable(value: unknown, hide: Hide, around: readonly object[] = []): unknown {
  if (typeof value === 'string') return short(hide(value));
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (around.includes(value)) return '[circle]';
  const inner = (part: unknown) => comparable(part, hide, [...around, value]);
  if (ArrayBuffer.isView(value) && !(value instanceof Uint8Array)) {
    return { class: nameOf(value), items: Array.from(value as unknown as ArrayLike<number>) };
  }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    const bytes = Buffer.from(value instanceof ArrayBuffer ? new Uint8Array(value) : value);
    return { class: nameOf(value), bytes: short(bytes.toString('latin1')) };
  }
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Headers) return { headers: [...value].map(inner) };
  if (value instanceof Response) return { response: fieldsOf(value, RESPONSE, inner) };
  if (value instanceof Request) return { request: fieldsOf(value, REQUEST, inner) };
  if (value instanceof AbortSignal) return { aborted: value.aborted };
  if (value instanceof Map || value instanceof Set)
    return [nameOf(value), ...[...value].map(inner)];
  if (value instanceof Date) return { date: value.toISOString() };
  if (value instanceof ReadableStream) return { stream: { locked: value.locked } };
  const names = value instanceof Error ? namesOfError(value) : Object.keys(value);
  const fields = fieldsOf(value, names, inner);
  return nameOf(value) === 'Object' ? fields : { class: nameOf(value), ...fields };
}

const RESPONSE = ['status', 'statusText', 'ok', 'url', 'redirected', 'type', 'bodyUsed', 'headers'];
const REQUEST = ['method', 'url', 'headers'];

/** All that an error says, but for the places in the code where it was made. */
function namesOfError(error: Error): string[] {
  const own = Object.getOwnPropertyNames(error).filter((name) => name !== 'stack');
  return [...new Set(['name', 'message', ...own])];
}

function fieldsOf(
  value: object,
  names: readonly string[],
  inner: (part: unknown) => unknown,
): object {
  const fields = names.map((name) => [name, inner((value as Record<string, unknown>)[name])]);
  return Object.fromEntries(fields);
}

function nameOf(value: object): string {
  return Object.getPrototypeOf(value)?.constructor?.name ?? 'Object';
}

function short(text: string): unknown {
  if (text.length <= LONG) return text;
  return { length: text.length, sha1: createHash('sha1').update(text).digest('hex') };
}
