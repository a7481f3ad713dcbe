/** How a monitor is set up. */

import {
  type Alert,
  type AlertRule,
  type CheckedRule,
  checkRules,
  checkWebhook,
  withPoolHealth,
} from '../alerts/rules.js';
import type { Logger } from '../alerts/telling.js';
import { HttpClient, insideOf } from '../client/http-client.js';
import { SHARED_CLIENT } from '../fetch/fetch.js';
import type { NamedClient } from '../figures/figures.js';
import { invalid, invalidSecret, unknown } from '../native/invalid.js';

/** An `HttpClient`. */
export interface MonitoredClient {
  getPoolMetrics(): { readonly connectionsTotal: number };
}

/** How a monitor is set up. */
export interface MonitorOptions {
  /**
   * The `HttpClient` to watch, or several by name. Default: the client that `fetch`, patched SDKs and leases
   * of this process share.
   */
  client?: MonitoredClient | Readonly<Record<string, MonitoredClient>>;
  /**
   * What a request has to bring as `authorization: Bearer …`; liveness and readiness, and the empty page of
   * the dashboard, are for everybody. Default: none is asked for, and debug endpoints answer only where
   * the monitor listens on loopback.
   */
  token?: string;
  /** Names besides `localhost` that requests to a monitor on loopback may be addressed to. */
  hosts?: readonly string[];
  /** What to be alarmed of, looked at once per `interval` from the first look at the monitor or its listening on. */
  alerts?: readonly AlertRule[];
  /**
   * Told once of each alert that fires, and once when it is over; so is the `diagnostics_channel` named
   * `warmline:alert`. `/api/alerts` lists those that are on.
   */
  onAlert?: (alert: Alert) => void;
  /** Where the action `'webhook'` of an alert posts it to, if that does not say so itself. */
  webhook?: string;
  /**
   * Whether to be alarmed, too, of more than 100 pending requests (`pool_exhausted`), more than a tenth of all requests
   * failing (`high_error_rate`) and more than 100 active connections (`many_active_connections`). An alert of the
   * same name stands in for its own. Default `true`.
   */
  poolHealth?: boolean;
  /**
   * What alerts are written to, and once a minute how the pools do: pino, or what has its `info`, `warn` and `error`.
   * Default: nothing; the latter is also published on the `diagnostics_channel` named `warmline:pool-health`.
   */
  logger?: Logger;
  /** How often figures are read for what is live, in milliseconds. Default 1000. */
  interval?: number;
}

/** {@link MonitorOptions} with nothing left open. */
export interface CheckedOptions {
  readonly clients: readonly NamedClient[];
  readonly token: string | undefined;
  readonly hosts: readonly string[];
  readonly interval: number;
  readonly rules: readonly CheckedRule[];
  readonly onAlert: ((alert: Alert) => void) | undefined;
  readonly logger: Logger | undefined;
}

const NAMES: readonly (keyof MonitorOptions)[] = [
  'client',
  'token',
  'hosts',
  'alerts',
  'onAlert',
  'webhook',
  'poolHealth',
  'logger',
  'interval',
];
/** The name of the only client. */
const DEFAULT_NAME = 'default';
const DEFAULT_INTERVAL = 1000;
const LEAST_INTERVAL = 100;
const MOST_INTERVAL = 60_000;

/**
 * Checks a monitor's options.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkOptions(options: MonitorOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', 'an object', options);
  }
  for (const name of Object.keys(options)) {
    if (!(NAMES as readonly string[]).includes(name)) throw unknown(name, NAMES);
  }
  const { token, hosts = [], interval = DEFAULT_INTERVAL } = options;
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))) {
    throw invalidSecret('token', 'printable ASCII characters without spaces, at least one');
  }
  if (!Array.isArray(hosts) || hosts.some((host) => typeof host !== 'string')) {
    throw invalid('hosts', 'a list of names', hosts);
  }
  if (!(interval >= LEAST_INTERVAL && interval <= MOST_INTERVAL)) {
    const allowed = `a number of milliseconds from ${LEAST_INTERVAL} to ${MOST_INTERVAL}`;
    throw invalid('interval', allowed, interval);
  }
  const { alerts = [], onAlert, webhook, poolHealth = true, logger } = options;
  if (onAlert !== undefined && typeof onAlert !== 'function') {
    throw invalid('onAlert', 'a function', onAlert);
  }
  if (typeof poolHealth !== 'boolean') {
    throw invalid('poolHealth', 'true or false', poolHealth);
  }
  if (webhook !== undefined) checkWebhook('webhook', webhook);
  const own = checkRules(alerts, webhook);
  return {
    clients: checkClients(options.client),
    token,
    hosts,
    interval,
    rules: poolHealth ? withPoolHealth(own) : own,
    onAlert,
    logger: logger === undefined ? undefined : checkLogger(logger),
  };
}

function checkLogger(logger: Logger): Logger {
  const wanted: readonly (keyof Logger)[] = ['info', 'warn', 'error'];
  if (logger === null || wanted.some((level) => typeof logger[level] !== 'function')) {
    throw invalid('logger', 'an object with info, warn and error', logger);
  }
  return logger;
}

/**
 * The clients of an option.
 *
 * @throws {TypeError} for one that is none.
 */
export function checkClients(client: MonitorOptions['client']): NamedClient[] {
  if (client === undefined) return [{ name: DEFAULT_NAME, number: SHARED_CLIENT }];
  if (client instanceof HttpClient) return [named(DEFAULT_NAME, client)];
  const several = typeof client === 'object' && client !== null ? Object.entries(client) : [];
  if (several.length === 0) throw invalid('client', 'an HttpClient, or several by name', client);
  return several.map(([name, one]) => named(name, one));
}

function named(name: string, client: unknown): NamedClient {
  if (!(client instanceof HttpClient)) throw invalid(`client.${name}`, 'an HttpClient', client);
  return { name, number: insideOf(client).number };
}
