import Module, * as modules from 'node:module';
import { isNativeAvailable } from '../native/load.js';
import { currentFlags, type Flags } from '../patch/flags.js';
import { isClientClass } from '../patch/package.js';
import { getPatchStatus, patch } from '../patch/patch.js';
import { loadSync, resolveSync } from './loader.js';
import { FETCH_FLAG, onModule, PACKAGES } from './packages.js';

/** Node's own loader of CommonJS modules, as everybody who watches it does. */
type Load = (request: string, ...rest: unknown[]) => unknown;
const loader = Module as unknown as { _load: Load; _cache: Record<string, NodeModule | undefined> };

/** Patches what it is told to, loaded already or later. Once per thread. */
export function start(): void {
  const flags = currentFlags();
  warnOfUnknown(flags);
  if (flags.disabled || !isNativeAvailable()) {
    say(flags, flags.disabled ? 'switched off by WARMLINE_DISABLE' : 'no native binary here');
    return;
  }
  if (isWanted(flags, FETCH_FLAG)) attempt(flags, globalThis, 'globalThis.fetch');
  const found = (name: string, exports: unknown) => patchPackage(flags, name, exports);
  watchCommonJs(found);
  watchModules(found);
}

function watchCommonJs(found: (name: string, exports: unknown) => void): void {
  for (const [file, module] of Object.entries(loader._cache)) {
    const name = packageOf(file);
    if (name !== undefined && module?.loaded) found(name, module.exports);
  }
  const { _load: original } = loader;
  loader._load = function load(this: unknown, request, ...rest) {
    const exports = original.call(this, request, ...rest);
    // What an ES module imports of this kind is asked for by its file.
    const name = PACKAGES.has(request) ? request : packageOf(request);
    if (name !== undefined && PACKAGES.has(name)) found(name, exports);
    return exports;
  };
}

/** The package whose entry a file is. */
function packageOf(file: string): string | undefined {
  const [, name] =
    /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]index\.c?js$/.exec(file) ?? [];
  return name?.replace('\\', '/');
}

function watchModules(found: (name: string, exports: unknown) => void): void {
  onModule(found);
  // Not in every Node that is supported.
  const { registerHooks } = modules as Partial<typeof modules>;
  if (registerHooks === undefined) modules.register('./loader.js', import.meta.url);
  else registerHooks({ resolve: resolveSync, load: loadSync });
}

function patchPackage(flags: Flags, name: string, exports: unknown): void {
  const known = PACKAGES.get(name);
  if (known === undefined || !isWanted(flags, known.flag)) return;
  const target = known.of(Object(exports));
  if (target === undefined) return;
  const { name: exported } = target as { name?: string };
  attempt(flags, target, isClientClass(target) ? `${exported} of ${name}` : name);
}

/** An application must not fail because one of its packages is not what it was. */
function attempt(flags: Flags, target: object, what: string): void {
  const before = getPatchStatus().patched.length;
  try {
    patch(target);
  } catch (error) {
    say(flags, `${what} is left as it is: ${(error as Error).message}`);
    return;
  }
  const patched = getPatchStatus().patched.length > before;
  if (patched) say(flags, `patched ${what}`);
}

const isWanted = ({ only }: Flags, flag: string): boolean => only === undefined || only.has(flag);

function warnOfUnknown({ only }: Flags): void {
  const known = new Set([FETCH_FLAG, ...[...PACKAGES.values()].map(({ flag }) => flag)]);
  const unknown = [...(only ?? [])].filter((flag) => !known.has(flag));
  if (unknown.length === 0) return;
  process.emitWarning(
    `WARMLINE_PATCH names ${unknown.join(', ')}; there is ${[...known].join(', ')}`,
    { code: 'WARMLINE_FLAGS' },
  );
}

function say({ debug }: Flags, message: string): void {
  if (debug) process.stderr.write(`warmline: ${message}\n`);
}
