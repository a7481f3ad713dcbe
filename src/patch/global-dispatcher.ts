import { type Dispatching, dispatcherOn, type Undici } from '../undici/dispatcher.js';
import type { Undo } from './changes.js';
import type { Road } from './gate.js';

/** The package `undici`, as far as its global dispatcher is concerned. */
export interface UndiciModule extends Undici<Dispatching> {
  getGlobalDispatcher(): Dispatching;
  setGlobalDispatcher(dispatcher: Dispatching): void;
}

/** Where undici keeps its global dispatcher: built-in `fetch` and other versions of it find it there. */
const PLACES = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

export function isUndici(target: unknown): target is UndiciModule {
  if (typeof target !== 'object' || target === null) return false;
  const { Dispatcher, getGlobalDispatcher, setGlobalDispatcher } = target as Partial<UndiciModule>;
  return [Dispatcher, getGlobalDispatcher, setGlobalDispatcher].every(
    (each) => typeof each === 'function',
  );
}

/**
 * Puts the engine into the place of the global dispatcher. What it cannot send (upgrades, for one, and so
 * WebSockets) goes by the dispatcher that was there, and so does everything while the patch is off.
 */
export function replaceDispatcher(undici: UndiciModule, { number, account }: Road): Undo {
  const before = PLACES.map((place) => Object.getOwnPropertyDescriptor(globalThis, place));
  const own = undici.getGlobalDispatcher();
  const ours = dispatcherOn(undici, {
    number,
    account,
    elsewhere: (refused) => {
      if (account.active && !refused) return undefined;
      account.fallbacks++;
      return own;
    },
  });
  undici.setGlobalDispatcher(ours);
  return () => {
    if (undici.getGlobalDispatcher() !== ours) return false;
    for (const [i, place] of PLACES.entries()) {
      Object.defineProperty(globalThis, place, before[i] ?? {});
    }
    return true;
  };
}
