/** Whether a file's alerts can be looked for. */

import { type AlertRule as Checkable, checkRules } from '../alerts/rules.js';
import { isNativeAvailable } from '../native/load.js';
import type { AlertRule } from './config.js';
import type { Path } from './source.js';

/** Alerts, and where in the configuration they are. */
interface Listed {
  readonly path: Path;
  readonly rules: readonly AlertRule[];
}

/** What is wrong with one of them. */
interface Wrong {
  readonly path: Path;
  readonly message: string;
}

/**
 * All of them that are right, and what is wrong with the others. Without a native binary nobody knows which metrics
 * there are, nor looks for alerts: then all are right.
 */
export function checkAlerts(lists: readonly Listed[]): {
  checked: AlertRule[];
  issues: Wrong[];
} {
  const checked: AlertRule[] = [];
  const issues: Wrong[] = [];
  for (const { path, rules } of lists) {
    rules.forEach((rule, index) => {
      const message = wrongWith(rule, checked);
      if (message === undefined) checked.push(rule);
      else issues.push({ path: [...path, index], message });
    });
  }
  return { checked, issues };
}

function wrongWith(rule: AlertRule, before: readonly AlertRule[]): string | undefined {
  if (before.some(({ name }) => name === rule.name)) return `has the name of another, ${rule.name}`;
  if (!isNativeAvailable()) return undefined;
  try {
    checkRules([rule satisfies Checkable]);
    return undefined;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `is wrong: ${error.message.replace(/^alerts\[0\]\./, '')}`;
  }
}
