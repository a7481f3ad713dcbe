import { metricsTable, type NamedClient } from '../figures/figures.js';
import { checkClients, type MonitorOptions } from './options.js';
import { readSamples, type ScrapedMetric } from './samples.js';

/** As far as it is used here, a `Registry` of prom-client. */
export interface PromRegistry {
  // biome-ignore lint/suspicious/noExplicitAny: prom-client has a type of its own for each kind of metric.
  registerMetric(metric: any): void;
  removeSingleMetric(name: string): void;
}

/** All metrics of one scrape are read together, however many of them ask. */
class Scrape {
  readonly #clients: readonly NamedClient[];
  #read: Promise<Map<string, ScrapedMetric>> | undefined;

  constructor(clients: readonly NamedClient[]) {
    this.#clients = clients;
  }

  async of(name: string): Promise<ScrapedMetric | undefined> {
    this.#read ??= this.#all();
    return (await this.#read).get(name);
  }

  async #all(): Promise<Map<string, ScrapedMetric>> {
    try {
      const metrics = await readSamples(this.#clients);
      return new Map(metrics.map((metric) => [metric.name, metric]));
    } finally {
      this.#read = undefined;
    }
  }
}

/**
 * Adds the metrics of clients to a registry of prom-client, so that they are scraped with an application's own. They
 * are read as they are asked for.
 *
 * @param prefix goes before each name. Default: none.
 * @returns takes them out again.
 * @throws {TypeError} for a client that is none.
 * @throws what the registry says of a name that it has already.
 *
 * @example
 * ```ts
 * import { register } from 'prom-client'
 * import { registerMetrics } from 'warmline/monitor'
 *
 * registerMetrics(register, { prefix: 'warmline_' })
 * console.log(await register.metrics())
 * ```
 */
export function registerMetrics(
  registry: PromRegistry,
  { client, prefix = '' }: Pick<MonitorOptions, 'client'> & { prefix?: string } = {},
): () => void {
  const scrape = new Scrape(checkClients(client));
  const names = metricsTable().map(({ name, help, kind, labels }) => {
    const get = async () => {
      const values = (await scrape.of(name))?.values ?? [];
      return {
        name: prefix + name,
        help,
        type: kind,
        aggregator: 'sum',
        values: values.map((value) => ({ ...value, metricName: prefix + value.metricName })),
      };
    };
    registry.registerMetric({
      name: prefix + name,
      help,
      type: kind,
      labelNames: labels,
      get,
      reset: () => {},
    });
    return prefix + name;
  });
  return () => {
    for (const name of names) registry.removeSingleMetric(name);
  };
}
