import { stringify } from 'node:querystring';

import type { TimeoutWords } from '../native/link.js';

/** What undici's `dispatch` is asked for, as far as it is looked at. */
export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly method: string;
  readonly query?: Record<string, string>;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly headersTimeout?: number | null;
  readonly bodyTimeout?: number | null;
  readonly reset?: boolean | null;
  readonly upgrade?: unknown;
  readonly expectContinue?: boolean | null;
}

/** A request as it was asked for, read once. */
export interface Stated {
  readonly url: string;
  /** Names and values in turn. */
  readonly headers: string[];
  /** Why the engine cannot send it; `undefined` where it can. */
  readonly refusal: string | undefined;
}

/** @throws {TypeError} for options of a wrong shape. */
export function state(options: DispatchOptions): Stated {
  const url = urlOf(options);
  const headers = headersOf(options);
  return { url, headers, refusal: refusalOf(options) ?? foreignHost(url, headers) };
}

function refusalOf({ method, upgrade, path, expectContinue, body }: DispatchOptions) {
  if (method === 'CONNECT') return 'CONNECT is not sent by the engine';
  if (upgrade) return 'the engine does not upgrade connections';
  if (expectContinue) return 'the engine does not wait for 100 Continue';
  if (!path.startsWith('/')) return 'the engine sends no absolute URL as a path';
  if ((method === 'GET' || method === 'HEAD') && hasBody(body)) {
    return `the engine sends no body with ${method}`;
  }
  return undefined;
}

/** To the engine, the host is the URL's affair alone. */
function foreignHost(url: string, headers: readonly string[]): string | undefined {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (at < 0 || headers[at + 1]?.toLowerCase() === new URL(url).host) return undefined;
  return 'the engine sends no host but the one of the URL';
}

const hasBody = (body: unknown): boolean =>
  body !== null && body !== undefined && (body as { length?: unknown }).length !== 0;

function urlOf({ origin, path, query }: DispatchOptions): string {
  if (origin === undefined || origin === null || origin === '') {
    throw new TypeError('opts.origin must be a non-empty string or URL.');
  }
  const base = typeof origin === 'string' ? origin.replace(/\/$/, '') : origin.origin;
  const search = query === undefined || query === null ? '' : stringify(query);
  return search === '' ? base + path : `${base}${path}?${search}`;
}

/** From any of the forms that undici takes. */
function headersOf({ headers, reset }: DispatchOptions): string[] {
  const flat: string[] = [];
  const add = (name: unknown, value: unknown): void => {
    if (value === undefined) return;
    const all: unknown[] = Array.isArray(value) ? value : [value];
    for (const each of all) flat.push(text(name), text(each ?? ''));
  };
  if (Array.isArray(headers) && !headers.some((each) => Array.isArray(each) && each.length === 2)) {
    if (headers.length % 2 !== 0) throw new TypeError('headers array must be even');
    for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1]);
  } else if (typeof headers === 'object' && headers !== null) {
    const isIterable = Symbol.iterator in headers;
    const pairs = isIterable ? (headers as Iterable<[unknown, unknown]>) : Object.entries(headers);
    for (const [name, value] of pairs) add(name, value);
  } else if (headers !== undefined && headers !== null) {
    throw new TypeError('headers must be an object or an array');
  }
  if (reset) flat.push('connection', 'close');
  return flat;
}

const text = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : `${value}`;

/** undici's deadlines in milliseconds; 0 is none, and so is what nobody has set. */
export function timeoutsOf(options: DispatchOptions): TimeoutWords | undefined {
  const { headersTimeout, bodyTimeout } = options;
  if (!headersTimeout && !bodyTimeout) return undefined;
  return { firstByte: headersTimeout || undefined, idle: bodyTimeout || undefined };
}
