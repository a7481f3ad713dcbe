import { includes } from './headers.js';

type Mode = NonNullable<RequestInit['cache']>;

/** What a mode asks of caches on the way (Fetch, "HTTP-network-or-cache fetch"): there is none here. */
const ASKED: Partial<Record<Mode, readonly (readonly [name: string, value: string])[]>> = {
  'no-store': [
    ['pragma', 'no-cache'],
    ['cache-control', 'no-cache'],
  ],
  reload: [
    ['pragma', 'no-cache'],
    ['cache-control', 'no-cache'],
  ],
  'no-cache': [['cache-control', 'max-age=0']],
};

/** Adds to `headers`, names and values in turn, what a cache mode asks for and the caller has not said. */
export function askCaches(headers: string[], mode: Mode | undefined): void {
  for (const [name, value] of (mode && ASKED[mode]) ?? []) {
    if (!includes(headers, name)) headers.push(name, value);
  }
}
