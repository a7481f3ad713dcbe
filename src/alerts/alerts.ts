/** Which alerts are on: told of figures and of the time, it says what changed. */

import type { PoolFigures } from '../figures/figures.js';
import { WINDOW } from '../figures/history.js';
import type { Values } from './language.js';
import type { Alert, CheckedRule } from './rules.js';

/** An alert has fired, or is over. */
export interface Change {
  readonly alert: Alert;
  readonly rule: CheckedRule;
}

interface Standing {
  /** Since when the condition holds without a break. */
  readonly since: number;
  readonly firing: boolean;
}

/** The alerts of one monitor. */
export class Alerts {
  readonly #rules: readonly CheckedRule[];
  readonly #standing: Map<string, Standing> = new Map();
  readonly #past: { readonly at: number; readonly figures: PoolFigures }[] = [];

  constructor(rules: readonly CheckedRule[]) {
    this.#rules = rules;
  }

  /** Looks at all conditions. Each alert is in the result once when it fires, and once when it is over. */
  look(figures: PoolFigures, now: number): Change[] {
    this.#past.push({ at: now, figures });
    while (this.#past.length > 2 && (this.#past[1]?.at ?? now) <= now - WINDOW) this.#past.shift();
    const values = this.#values(figures);
    return this.#rules.flatMap((rule) => this.#lookAt(rule, values, now) ?? []);
  }

  /** Those that are on. */
  firing(): Alert[] {
    return this.#rules.flatMap((rule) => {
      const standing = this.#standing.get(rule.name);
      return standing?.firing === true ? [alertOf(rule, 'firing', standing.since)] : [];
    });
  }

  #lookAt(rule: CheckedRule, values: Values, now: number): Change | undefined {
    const before = this.#standing.get(rule.name);
    const change = (state: Alert['state'], since: number) => ({
      rule,
      alert: alertOf(rule, state, since),
    });
    if (!rule.condition.holds(values)) {
      this.#standing.delete(rule.name);
      return before?.firing === true ? change('resolved', before.since) : undefined;
    }
    const since = before?.since ?? now;
    const firing = now - since >= rule.holdsFor;
    this.#standing.set(rule.name, { since, firing });
    return firing && before?.firing !== true ? change('firing', since) : undefined;
  }

  #values(figures: PoolFigures): Values {
    const now = (metric: string) => Number(figures[metric]);
    const first = this.#past[0]?.figures ?? figures;
    // A client that was closed meanwhile takes its counts with it.
    return { now, increase: (metric) => Math.max(0, now(metric) - Number(first[metric])) };
  }
}

function alertOf(rule: CheckedRule, state: Alert['state'], since: number): Alert {
  const { name, severity, message, action } = rule;
  const word = typeof action === 'function' ? 'callback' : action;
  return { name, state, severity, message, action: word, since };
}
