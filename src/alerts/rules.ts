/** Alerts as they are asked for, checked. */

import { metricsTable } from '../figures/figures.js';
import { invalid, invalidSecret, unknown } from '../native/invalid.js';
import { type Condition, parseCondition } from './language.js';

/** How bad it is. */
export type Severity = 'info' | 'warning' | 'critical';

/** An alert that has fired, or that is over. */
export interface Alert {
  readonly name: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly message: string;
  /** As its rule has it; `callback` where that is a function. */
  readonly action: string | undefined;
  /** Since when its condition holds, in milliseconds since 1970. */
  readonly since: number;
}

/**
 * What is done about an alert.
 *
 * - `'log'` writes it to the `logger`, without one to the console, as it fires and as it is over.
 * - `'webhook'` posts it as JSON to the `webhook`, likewise.
 * - `'scale_up'` raises the caps of all pools that are watched by half as it fires, up to 1000 connections each. They
 *   stay so.
 * - `'investigate'` publishes what is known of the case on the `diagnostics_channel` named `warmline:investigation`,
 *   and logs it, as it fires.
 * - A function is called as it fires and as it is over.
 * - Any other word is for `onAlert`.
 */
export type AlertAction =
  | 'log'
  | 'webhook'
  | 'scale_up'
  | 'investigate'
  | (string & {})
  | ((alert: Alert) => void);

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
  readonly for?: number | string | undefined;
  /** Default `warning`. */
  readonly severity?: Severity;
  /** For people. Default: the condition. */
  readonly message?: string | undefined;
  /** Default: nothing but to tell of it. */
  readonly action?: AlertAction | undefined;
  /** Where the action `'webhook'` posts to. Default: the option `webhook`. */
  readonly webhook?: string | undefined;
}

/** An alert that can be looked at. */
export interface CheckedRule {
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly action: AlertAction | undefined;
  readonly webhook: string | undefined;
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
  'webhook',
];
const SEVERITIES: readonly unknown[] = ['info', 'warning', 'critical'];
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What the reference's monitor of a pool's health warns of. */
const POOL_HEALTH: readonly AlertRule[] = [
  {
    name: 'pool_exhausted',
    condition: 'pending_requests > 100',
    message: 'Connection pool exhausted',
  },
  {
    name: 'high_error_rate',
    condition: 'error_count / total_requests > 0.1',
    message: 'High connection error rate',
  },
  {
    name: 'many_active_connections',
    condition: 'connections_active > 100',
    severity: 'info',
    message: 'High number of active connections',
  },
];

/** The names that a condition may have. */
export function conditionMetrics(): ReadonlySet<string> {
  const named = metricsTable().filter(
    ({ of, kind, summed }) => (of === 'pool' && kind !== 'histogram') || summed,
  );
  return new Set(named.map(({ name }) => name));
}

/**
 * Checks alerts.
 *
 * @param webhook where those post to that do not say so.
 * @throws {TypeError} that names what is wrong, and where in a condition.
 */
export function checkRules(rules: readonly AlertRule[], webhook?: string): CheckedRule[] {
  if (!Array.isArray(rules)) throw invalid('alerts', 'a list', rules);
  const metrics = conditionMetrics();
  const names = new Set<string>();
  return rules.map((rule, index) => {
    const checked = check(`alerts[${index}]`, rule, metrics, webhook);
    if (names.has(checked.name)) {
      throw invalid(`alerts[${index}].name`, 'a name of its own', checked.name);
    }
    names.add(checked.name);
    return checked;
  });
}

/** These rules, and those of the reference's monitor whose names they leave free. */
export function withPoolHealth(rules: readonly CheckedRule[]): CheckedRule[] {
  const taken = new Set(rules.map(({ name }) => name));
  return [...rules, ...checkRules(POOL_HEALTH.filter(({ name }) => !taken.has(name)))];
}

/** @throws {TypeError} for what no alert can be posted to. */
export function checkWebhook(where: string, webhook: string): string {
  const url = URL.canParse(webhook) ? new URL(webhook) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return webhook;
  // Whoever knows the address may post there.
  throw invalidSecret(where, 'a URL that begins with http:// or https://');
}

function check(
  where: string,
  rule: AlertRule,
  metrics: ReadonlySet<string>,
  everyWebhook: string | undefined,
): CheckedRule {
  if (typeof rule !== 'object' || rule === null) throw invalid(where, 'an object', rule);
  for (const name of Object.keys(rule)) {
    if (!(NAMES as readonly string[]).includes(name)) throw unknown(`${where}.${name}`, NAMES);
  }
  const { name, condition, severity = 'warning', action, webhook = everyWebhook } = rule;
  for (const [field, text] of Object.entries({ name, condition })) {
    if (typeof text !== 'string' || text === '') {
      throw invalid(`${where}.${field}`, 'a text that is not empty', text);
    }
  }
  if (!SEVERITIES.includes(severity)) {
    throw invalid(`${where}.severity`, SEVERITIES.join(', '), severity);
  }
  if (action !== undefined && typeof action !== 'string' && typeof action !== 'function') {
    throw invalid(`${where}.action`, 'a word or a function', action);
  }
  if (rule.webhook !== undefined) checkWebhook(`${where}.webhook`, rule.webhook);
  if (action === 'webhook' && webhook === undefined) {
    throw invalid(`${where}.webhook`, 'given for the action webhook', undefined);
  }
  return {
    name,
    severity,
    action,
    webhook,
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
