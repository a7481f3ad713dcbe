/** The alerts of the default client of this process, as a configuration has them. */

import { SHARED_CLIENT } from '../fetch/fetch.js';
import { Sampler } from '../figures/sampler.js';
import { type AlertRule, checkRules } from './rules.js';
import { Watcher } from './watcher.js';

const INTERVAL = 1000;

let sampler: Sampler | undefined;

/**
 * Looks for these alerts from now on, and for no others: once a second, without keeping the process alive. Each is
 * published on the `diagnostics_channel` named `warmline:alert` as it fires and as it is over.
 *
 * @throws {TypeError} for rules that are none; those before then stay.
 */
export function supervise(rules: readonly AlertRule[]): void {
  const checked = checkRules(rules);
  sampler?.close();
  sampler = undefined;
  if (checked.length === 0) return;
  const clients = [{ name: 'default', number: SHARED_CLIENT }];
  const watcher = new Watcher(clients, checked, { logger: undefined, onAlert: undefined });
  sampler = new Sampler(clients, INTERVAL);
  sampler.onSample = (sample) => watcher.look(sample);
  sampler.start();
}
