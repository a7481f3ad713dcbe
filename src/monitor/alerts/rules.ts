/** Alerts as they are asked for, checked. */

import { invalid, unknown } from '../../native/invalid.js';
import { metricsTable } from '../figures.js';
import { type Condition, parseCondition } from './language.js';

/** How bad it is. */
export type Severity = 'info' | 'warning' | 'critical';

/** An alert, as the reference's `alerting` and `alerts` blocks have them. */
export interface AlertRule {
  /** What it is called; each name once. */
  readonly name: string;
  /**
   * When it fires: metrics of the pool, numbers, `+ - * /`, comparisons, `and`, `or`, `not` and parentheses, such as
   * `connection_errors_total / connections_created_total > 0.05`. `increase(metric)` is by how much a metric grew
   * in the last minute. What is divided by zero is zero.
   */
  readonly condition: string;
  /** For how long the condition must hold before: milliseconds, or such as `"30s"` or `"5m"`. Default 0. */
  readonly for?: number | string;
  /** Default `warning`. */
  readonly severity?: Severity;
  /** For people. Default: the condition. */
  readonly message?: string;
  /** What is to be done, in the word of whoever does it, such as `scale_up`; it is handed on. */
  readonly action?: string;
}

/** An alert that can be looked at. */
export interface CheckedRule {
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly action: string | undefined;
  /** In milliseconds. */
  readonly holdsFor: number;
  readonly condition: Condition;
}

const NAMES: readonly (keyof AlertRule)[] = [
  'name',
  'condition',
  'for',
  'severity',
  'message',
  'action',
];
const SEVERITIES: readonly unknown[] = ['info', 'warning', 'critical'];
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Checks alerts.
 *
 * @throws {TypeError} that names what is wrong, and where in a condition.
 */
export function checkRules(rules: readonly AlertRule[]): CheckedRule[] {
  if (!Array.isArray(rules)) throw invalid('alerts', 'a list', rules);
  const described = metricsTable().filter(({ of, kind }) => of === 'pool' && kind !== 'histogram');
  const metrics = new Set(described.map(({ name }) => name));
  const names = new Set<string>();
  return rules.map((rule, index) => {
    const checked = check(`alerts[${index}]`, rule, metrics);
    if (names.has(checked.name)) {
      throw invalid(`alerts[${index}].name`, 'a name of its own', checked.name);
    }
    names.add(checked.name);
    return checked;
  });
}

function check(where: string, rule: AlertRule, metrics: ReadonlySet<string>): CheckedRule {
  if (typeof rule !== 'object' || rule === null) throw invalid(where, 'an object', rule);
  for (const name of Object.keys(rule)) {
    if (!(NAMES as readonly string[]).includes(name)) throw unknown(`${where}.${name}`, NAMES);
  }
  const { name, condition, severity = 'warning', action } = rule;
  for (const [field, text] of Object.entries({ name, condition })) {
    if (typeof text !== 'string' || text === '') {
      throw invalid(`${where}.${field}`, 'a text that is not empty', text);
    }
  }
  if (!SEVERITIES.includes(severity)) {
    throw invalid(`${where}.severity`, SEVERITIES.join(', '), severity);
  }
  return {
    name,
    severity,
    action,
    message: rule.message ?? condition,
    holdsFor: duration(`${where}.for`, rule.for ?? 0),
    condition: read(`${where}.condition`, condition, metrics),
  };
}

function read(where: string, condition: string, metrics: ReadonlySet<string>): Condition {
  try {
    return parseCondition(condition, metrics);
  } catch (cause) {
    const error = new TypeError(`${where}: ${(cause as Error).message}`, { cause });
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
  }
}

function duration(where: string, given: number | string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(`${given}`) ?? [];
  const millis =
    typeof given === 'number' ? given : Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (millis >= 0 && millis < Number.POSITIVE_INFINITY) return millis;
  throw invalid(where, 'milliseconds, or a text such as "30s" or "5m"', given);
}
