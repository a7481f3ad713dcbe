/**
 * Shows how the connections of this process do: health, metrics, Prometheus.
 *
 * @packageDocumentation
 */

export type { Alert, AlertAction, AlertRule, Severity } from './alerts/rules.js';
export type { Logger } from './alerts/telling.js';
export {
  createMonitor,
  type Listening,
  type Monitor,
} from './monitor/monitor.js';
export {
  type InstrumentOptions,
  type ObservedBatch,
  type ObservingMeter,
  observeMetrics,
} from './monitor/open-telemetry.js';
export type { MonitoredClient, MonitorOptions } from './monitor/options.js';
export { type PromRegistry, registerMetrics } from './monitor/prom-client.js';
export { serverTiming } from './monitor/server-timing.js';
