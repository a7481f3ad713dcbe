/** The packages that are patched when they are loaded. */

export interface Package {
  /** As `WARMLINE_PATCH` names it. */
  readonly flag: string;
  /** What of it is patched: the class from which all its clients descend; `undefined` for all of it. */
  readonly exported: string | undefined;
}

export const PACKAGES: ReadonlyMap<string, Package> = new Map([
  ['openai', { flag: 'openai', exported: 'OpenAI' }],
  ['@anthropic-ai/sdk', { flag: 'anthropic', exported: 'Anthropic' }],
  ['groq-sdk', { flag: 'groq', exported: 'Groq' }],
  ['axios', { flag: 'axios', exported: 'default' }],
  ['undici', { flag: 'undici', exported: undefined }],
]);

/** How `WARMLINE_PATCH` names `globalThis.fetch`. */
export const FETCH_FLAG = 'fetch';

/** How a package's ES module tells that it has been loaded. */
const LOADED = Symbol.for('warmline.auto.loaded');

type Listener = (name: string, exports: unknown) => void;

/** `listener` hears of every package above whose ES module is loaded from now on. */
export function onModule(listener: Listener): void {
  Object.defineProperty(globalThis, LOADED, { value: listener, configurable: true });
}

/** The module's source, with a line at its end that tells of it. */
export function telling(source: string, name: string, url: string): string {
  return `${source}
import * as warmlineSelf from ${JSON.stringify(url)};
globalThis[Symbol.for(${JSON.stringify(LOADED.description)})]?.(${JSON.stringify(name)}, warmlineSelf);
`;
}
