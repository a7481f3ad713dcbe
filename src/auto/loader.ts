/** What is done to modules on their way in: hooks as `node:module` takes them, in both of its ways. */

import type { LoadFnOutput, LoadHookSync, ResolveHookSync } from 'node:module';
import { PACKAGES, telling } from './packages.js';

/** The packages' entry modules that were resolved, by their URLs. */
const entries = new Map<string, string>();

function noteEntry(specifier: string, url: string): void {
  if (PACKAGES.has(specifier)) entries.set(url, specifier);
}

function withTelling(url: string, loaded: LoadFnOutput): LoadFnOutput {
  const name = entries.get(url);
  const { format, source } = loaded;
  if (name === undefined || format !== 'module' || source === undefined || source === null) {
    return loaded;
  }
  const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
  return { ...loaded, source: telling(text, name, url) };
}

/** For `module.registerHooks`, in the thread itself. */
export const resolveSync: ResolveHookSync = (specifier, context, nextResolve) => {
  const resolved = nextResolve(specifier, context);
  noteEntry(specifier, resolved.url);
  return resolved;
};

/** For `module.registerHooks`. */
export const loadSync: LoadHookSync = (url, context, nextLoad) =>
  withTelling(url, nextLoad(url, context));

type Next<T> = (of: string, context: object) => Promise<T>;

/** For `module.register`, where Node has no other. */
export async function resolve(
  specifier: string,
  context: object,
  nextResolve: Next<{ url: string }>,
): Promise<{ url: string }> {
  const resolved = await nextResolve(specifier, context);
  noteEntry(specifier, resolved.url);
  return resolved;
}

/** For `module.register`. */
export async function load(
  url: string,
  context: object,
  nextLoad: Next<LoadFnOutput>,
): Promise<LoadFnOutput> {
  return withTelling(url, await nextLoad(url, context));
}
