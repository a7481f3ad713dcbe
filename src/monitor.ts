/**
 * Shows how the connections of this process do: health, metrics, Prometheus.
 *
 * @packageDocumentation
 */

export {
  createMonitor,
  type Listening,
  type Monitor,
} from './monitor/monitor.js';
export type { MonitoredClient, MonitorOptions } from './monitor/options.js';
