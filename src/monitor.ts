/**
 * Shows how the connections of this process do: health, metrics, Prometheus.
 *
 * @packageDocumentation
 */

export type { Alert } from './monitor/alerts/alerts.js';
export type { AlertRule, Severity } from './monitor/alerts/rules.js';
export {
  createMonitor,
  type Listening,
  type Monitor,
} from './monitor/monitor.js';
export type { MonitoredClient, MonitorOptions } from './monitor/options.js';
