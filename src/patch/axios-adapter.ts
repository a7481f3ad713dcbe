import { axiosAdapter, type Route } from '../axios/adapter.js';
import type { AxiosInstance } from '../axios/instance.js';
import { dataProperty, replace, type Undo } from './changes.js';
import type { Road } from './gate.js';

/**
 * Gives an axios an adapter on the engine. Instances that are made of it have it, too; those that were made before
 * do not. What the engine is not to send goes by the adapter that was there.
 */
export function replaceAdapter(axios: AxiosInstance, road: Road): Undo {
  const route = routeOf(road);
  return replace(axios.defaults, 'adapter', (before) => ({
    ...dataProperty(before),
    value: axiosAdapter(axios, before?.value, route),
  }));
}

/** Apart, so that what it makes sees nothing of the axios, which is to be collected. */
function routeOf({ number, account }: Road): Route {
  const isOpen = (eligible: boolean): boolean => {
    const open = account.active && eligible;
    if (!open) account.fallbacks++;
    return open;
  };
  return { number, account, isOpen };
}
