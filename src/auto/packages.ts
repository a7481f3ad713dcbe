/** The packages that are patched when they are loaded. */

import { rootClass } from '../patch/package.js';

export interface Package {
  /** As `WARMLINE_PATCH` names it. */
  readonly flag: string;
  /** What of it is patched. */
  of(exports: object): object | undefined;
}

const itself = (exports: object): object => exports;
const byDefault = (exports: { default?: object }): object | undefined => exports.default;

export const PACKAGES: ReadonlyMap<string, Package> = new Map([
  ['openai', { flag: 'openai', of: rootClass }],
  ['@anthropic-ai/sdk', { flag: 'anthropic', of: rootClass }],
  // They may be all that is loaded of the package before, and have the class in common with it.
  ['@anthropic-ai/bedrock-sdk', { flag: 'anthropic', of: rootClass }],
  ['@anthropic-ai/vertex-sdk', { flag: 'anthropic', of: rootClass }],
  ['groq-sdk', { flag: 'groq', of: rootClass }],
  ['axios', { flag: 'axios', of: byDefault }],
  ['undici', { flag: 'undici', of: itself }],
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
