import { type Figures, metricsTable, readFigures, type Times } from '../figures/figures.js';
import { checkClients, type MonitorOptions } from './options.js';

/** As far as it is used here, a `Meter` of `@opentelemetry/api`. */
export interface ObservingMeter {
  createObservableGauge(name: string, options: InstrumentOptions): object;
  createObservableCounter(name: string, options: InstrumentOptions): object;
  createObservableUpDownCounter(name: string, options: InstrumentOptions): object;
  addBatchObservableCallback(
    callback: (result: ObservedBatch) => Promise<void>,
    observables: object[],
  ): void;
  removeBatchObservableCallback(
    callback: (result: ObservedBatch) => Promise<void>,
    observables: object[],
  ): void;
}

/** What an instrument is made with. */
export interface InstrumentOptions {
  description?: string;
  unit?: string;
}

/** Where a meter takes its values. */
export interface ObservedBatch {
  observe(observable: object, value: number, attributes: Attributes): void;
}

type Attributes = Record<string, string | number>;

const PREFIX = 'warmline.';
const QUANTILES = [
  ['p50', 'p50_ms'],
  ['p90', 'p90_ms'],
  ['p99', 'p99_ms'],
] as const;

/**
 * Has a meter of OpenTelemetry observe clients. By the semantic conventions for HTTP clients:
 * `http.client.open_connections`, by `http.connection.state`, `server.address`, `server.port` and `url.scheme`, and
 * `http.client.active_requests`. The conventions' `http.client.request.duration` is what
 * `@opentelemetry/instrumentation-undici` records of requests here as of undici's. All other metrics are observed under
 * their own names after `warmline.`; of times, quantiles in seconds.
 *
 * @returns ends it.
 * @throws {TypeError} for a client that is none.
 *
 * @example
 * ```ts
 * import { metrics } from '@opentelemetry/api'
 * import { observeMetrics } from 'warmline/monitor'
 *
 * observeMetrics(metrics.getMeter('warmline'))
 * ```
 */
export function observeMetrics(
  meter: ObservingMeter,
  { client }: Pick<MonitorOptions, 'client'> = {},
): () => void {
  const clients = checkClients(client);
  const connections = meter.createObservableUpDownCounter('http.client.open_connections', {
    description:
      'Number of outbound HTTP connections that are currently active or idle on the client.',
    unit: '{connection}',
  });
  const active = meter.createObservableUpDownCounter('http.client.active_requests', {
    description: 'Number of active HTTP requests.',
    unit: '{request}',
  });
  const own = new Map(
    metricsTable().map(({ name, help: description, kind }) => {
      const unit = kind === 'histogram' || name.endsWith('_seconds') ? { unit: 's' } : {};
      const create = kind === 'counter' ? 'createObservableCounter' : 'createObservableGauge';
      return [name, meter[create](PREFIX + name, { description, ...unit })];
    }),
  );
  const observe = async (result: ObservedBatch) => {
    const figures = await readFigures(clients);
    observeConventional(figures, result, connections, active);
    for (const [attributes, values] of allOf(figures)) {
      for (const [name, value] of Object.entries(values)) {
        const observable = own.get(name);
        if (observable !== undefined) observeValue(result, observable, attributes, value);
      }
    }
  };
  const all = [connections, active, ...own.values()];
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}

function observeConventional(
  { pools }: Figures,
  result: ObservedBatch,
  connections: object,
  active: object,
): void {
  for (const [pool, { pool: figures, origins }] of Object.entries(pools)) {
    result.observe(active, Number(figures['requests_in_flight']), { pool });
    for (const { origin, origin_connections: by } of origins) {
      const server = { pool, ...serverOf(origin) };
      for (const state of ['active', 'idle'] as const) {
        result.observe(connections, by[state], { ...server, 'http.connection.state': state });
      }
    }
  }
}

/** Everything that reports have, with the attributes that it goes by. */
function* allOf({ pools, threads }: Figures): Generator<[Attributes, object]> {
  for (const thread of threads) yield [{ thread: thread.thread }, thread];
  for (const [pool, { pool: figures, origins, places, models }] of Object.entries(pools)) {
    // What is of origins is told by them.
    const whole = Object.entries(figures).filter(([name]) => !(name in (origins[0] ?? {})));
    yield [{ pool }, Object.fromEntries(whole)];
    for (const origin of origins) {
      yield [{ pool, ...serverOf(origin.origin), provider: origin.provider }, origin];
    }
    for (const place of places) yield [{ pool, place: place.place }, place];
    for (const figures of models) {
      yield [{ pool, provider: figures.provider, model: figures.model }, figures];
    }
  }
}

function observeValue(
  result: ObservedBatch,
  observable: object,
  attributes: Attributes,
  value: unknown,
): void {
  if (typeof value === 'number') {
    result.observe(observable, value, attributes);
  } else if (Array.isArray(value)) {
    for (const { count, ...failure } of value) {
      result.observe(observable, count, { ...attributes, ...failure });
    }
  } else if (typeof value === 'object' && value !== null) {
    const values = 'mean_ms' in value ? quantilesOf(value as Times) : Object.entries(value);
    for (const [of, one] of values) result.observe(observable, one, { ...attributes, of });
  }
}

function quantilesOf(times: Times): [string, number][] {
  return QUANTILES.flatMap(([name, from]) => {
    const millis = times[from];
    return millis === null ? [] : [[name, millis / 1000] as [string, number]];
  });
}

function serverOf(origin: string): Attributes {
  if (!URL.canParse(origin)) return { 'server.address': origin };
  const { protocol, hostname, port } = new URL(origin);
  return {
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    'url.scheme': protocol.slice(0, -1),
  };
}
