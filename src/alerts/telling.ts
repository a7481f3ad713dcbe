/** To whom alerts and the state of pools are told. Where nobody listens, nothing is written anywhere. */

import { channel } from 'node:diagnostics_channel';

import type { Figures, PoolFigures } from '../figures/figures.js';
import type { Alert, Severity } from './rules.js';

/** What a logger such as pino's has. */
export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

const LEVELS: Record<Severity, keyof Logger> = {
  info: 'info',
  warning: 'warn',
  critical: 'error',
};

const alerts = channel('warmline:alert');
const investigations = channel('warmline:investigation');
const health = channel('warmline:pool-health');

/** An alert has fired or is over: for the channel `warmline:alert` and the logger. */
export function tellAlert(alert: Alert, logger: Logger | undefined): void {
  alerts.publish(alert);
  const over = alert.state === 'resolved';
  logger?.[over ? 'info' : LEVELS[alert.severity]](
    { alert },
    over ? `over: ${alert.message}` : alert.message,
  );
}

/** How the pools do: for the channel `warmline:pool-health` and the logger. */
export function tellHealth(pool: PoolFigures, logger: Logger | undefined): void {
  health.publish(pool);
  logger?.info({ pool }, 'Connection pool health');
}

/** What is known of an alert's case: for the channel `warmline:investigation` and the logger. */
export function tellCase(alert: Alert, figures: Figures, logger: Logger | undefined): void {
  const failing = Object.entries(figures.pools).flatMap(([pool, { origins }]) =>
    origins
      .filter((origin) => origin.request_failures_total.length > 0)
      .map((origin) => ({ pool, ...origin })),
  );
  const open = Object.entries(figures.pools).flatMap(([pool, { places }]) =>
    places
      .filter(({ circuit_breaker_state: { open = 0 } }) => open > 0)
      .map((place) => ({ pool, ...place })),
  );
  const found = { alert, pool: figures.all, failing_origins: failing, open_breakers: open };
  investigations.publish(found);
  logger?.warn(found, `investigated: ${alert.message}`);
}

/** Where an alert is to be logged and nobody gave a logger. */
export function tellConsole({ state, severity, name, message }: Alert): void {
  console.warn(`warmline: ${severity} alert ${name} ${state}: ${message}`);
}
