import type { PatchAccount, PatchStatistics } from './account.js';
import type { Undo } from './changes.js';

/** One thing that is patched. */
export interface PatchedTarget {
  readonly kind: 'client' | 'class' | 'global' | 'dispatcher' | 'axios';
  /** The name of its class, or `globalThis.fetch`, `undici` or `axios`. */
  readonly name: string;
  /**
   * Who decodes its streams: `native`, the engine; `transport`, the SDK, from bytes that the engine
   * brings; `untried` before the first stream has shown which of the two it is.
   */
  readonly streams: 'native' | 'transport' | 'untried';
  /** Whether its calls go to the engine: not while {@link disablePatches} holds, nor after engine errors. */
  readonly active: boolean;
  readonly statistics: PatchStatistics;
}

/** A target with what it takes to put it back. */
export interface Patch {
  readonly kind: PatchedTarget['kind'];
  readonly name: string;
  readonly target: WeakRef<object>;
  readonly account: PatchAccount;
  streams: PatchedTarget['streams'];
  changes: Undo[];
}

const patches: Set<Patch> = new Set();

export function remember(patch: Patch): void {
  patches.add(patch);
}

export function forget(patch: Patch): void {
  patches.delete(patch);
}

export function find(target: object): Patch | undefined {
  const identity = identityOf(target);
  return living().find((candidate) => candidate.target.deref() === identity);
}

/** What a target is known by: a package may come as its exports or as its namespace, and is the same. */
export function identityOf(target: object): object {
  return (target as { setGlobalDispatcher?: object } | null)?.setGlobalDispatcher ?? target;
}

/** The patches whose targets are still there; the others are forgotten. */
export function living(): Patch[] {
  for (const candidate of patches) {
    if (candidate.target.deref() === undefined) patches.delete(candidate);
  }
  return [...patches];
}
