/** Looks at each sample of some clients' figures: what fires, and what is over, is told and acted on. */

import type { NamedClient } from '../figures/figures.js';
import type { Sample } from '../figures/sampler.js';
import { act, type Hearers } from './actions.js';
import { Alerts } from './alerts.js';
import type { CheckedRule } from './rules.js';
import { tellHealth } from './telling.js';

/** As the reference's monitor does. */
const HEALTH_INTERVAL = 60_000;

/** The alerts of some clients. */
export class Watcher {
  readonly alerts: Alerts;
  readonly #clients: readonly NamedClient[];
  readonly #hearers: Hearers;
  #healthTold = 0;

  constructor(clients: readonly NamedClient[], rules: readonly CheckedRule[], hearers: Hearers) {
    this.alerts = new Alerts(rules);
    this.#clients = clients;
    this.#hearers = hearers;
  }

  look({ figures, at }: Sample): void {
    if (figures.all === null) return;
    for (const change of this.alerts.look(figures.all, at)) {
      act(change, figures, this.#clients, this.#hearers);
    }
    if (at - this.#healthTold >= HEALTH_INTERVAL) {
      this.#healthTold = at;
      tellHealth(figures.all, this.#hearers.logger);
    }
  }
}
