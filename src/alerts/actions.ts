/** What is done about alerts. */

import { HttpClient } from '../client/http-client.js';
import type { Figures, NamedClient } from '../figures/figures.js';
import { binding } from '../native/load.js';
import type { Change } from './alerts.js';
import type { Alert } from './rules.js';
import { type Logger, tellAlert, tellCase, tellConsole } from './telling.js';

/** Who hears of alerts besides their actions. */
export interface Hearers {
  readonly logger: Logger | undefined;
  readonly onAlert: ((alert: Alert) => void) | undefined;
}

/** As the reference raises a pool under high load. */
const SCALE_UP = 1.5;
/** The reference's largest pool. */
const LARGEST_POOL = 1000;
const WEBHOOK_TIMEOUT = 10_000;

/** Made with the first alert that is posted: it counts among nobody's figures. */
let poster: HttpClient | undefined;

/** Tells of an alert, and does what its rule says. */
export function act(
  { alert, rule }: Change,
  figures: Figures,
  clients: readonly NamedClient[],
  { logger, onAlert }: Hearers,
): void {
  tellAlert(alert, logger);
  apart(() => onAlert?.(alert));
  const { action, webhook } = rule;
  const fires = alert.state === 'firing';
  if (typeof action === 'function') apart(() => action(alert));
  else if (action === 'log' && logger === undefined) tellConsole(alert);
  else if (action === 'webhook' && webhook !== undefined) void post(webhook, alert);
  else if (action === 'scale_up' && fires) scaleUp(figures, clients);
  else if (action === 'investigate' && fires) tellCase(alert, figures, logger);
}

/** What a listener throws is nobody's here; it must not be lost, nor stop the figures. */
function apart(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function scaleUp({ pools }: Figures, clients: readonly NamedClient[]): void {
  for (const [name, { pool }] of Object.entries(pools)) {
    const raised = (cap: number) =>
      Math.max(cap, Math.min(LARGEST_POOL, Math.ceil(cap * SCALE_UP)));
    binding().resizePool(
      [...clients],
      name,
      raised(pool.max_connections),
      raised(pool.max_keepalive_connections),
    );
  }
}

async function post(url: string, alert: Alert): Promise<void> {
  poster ??= new HttpClient({ maxConnections: 2, timeout: WEBHOOK_TIMEOUT });
  const headers = { 'content-type': 'application/json' };
  try {
    const body = JSON.stringify({ alert });
    const { status } = await poster.request('POST', url, { headers, body });
    if (status >= 300) warn(alert, `the webhook answered with ${status}`);
  } catch (error) {
    warn(alert, (error as Error).message);
  }
}

function warn({ name }: Alert, reason: string): void {
  process.emitWarning(`The alert ${name} could not be posted: ${reason}`, {
    code: 'WARMLINE_ALERT_NOT_POSTED',
  });
}
