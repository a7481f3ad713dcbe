import type { supervise } from '../alerts/supervision.js';
import {
  configureDefault,
  type DefaultClientOptions,
  type ProviderOptions,
} from '../client/default-client.js';
import type { RateLimit } from '../client/rate-limit.js';
import { shareLimits, shareOf } from '../fleet/fleet.js';
import { disablePatches, enablePatches } from '../patch/patch.js';
import type { Config, ProviderConfig } from './config.js';
import type { ConfigWatch, WatchOptions } from './watch.js';

/** How {@link configure} reads a file. */
export interface ConfigureOptions extends WatchOptions {
  /** Whether the file is followed from then on. Default `false`. */
  watch?: boolean;
}

/**
 * Sets up the default client of this process: the one of `fetch` and of patched SDKs, which all threads share.
 *
 * From options it does so at once; from the path of a YAML file, once the promise that it returns has resolved. It may
 * be called again while requests are under way. They end as they began, and those that follow go by the new
 * options, on the connections that are open already; only new `tls`, `proxy`, `dns` and socket options begin with
 * new connections, and leases of the default pool stay with the old ones.
 *
 * With `distributed_pool` the promise resolves once the processes that meet there agree on what of the rate limits
 * falls to each; where their Redis cannot be reached, a process warning (`WARMLINE_FLEET_UNREACHABLE`) says so.
 *
 * Unlike an `HttpClient`, the default client has no deadline for a whole request unless it is told one.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 * @throws {NativeUnavailableError} without a native binary for this platform.
 *
 * Rejects with a `ConfigError` of `warmline/config` that lists everything wrong in the file.
 *
 * @example
 * ```ts
 * import { configure } from 'warmline'
 *
 * configure({ maxConnections: 200, timeout: { connect: 5_000, idle: 60_000 } })
 * // or
 * const watched = await configure('warmline.yaml', { watch: true })
 * console.log(watched.config.environment)
 * ```
 */
export function configure(options: DefaultClientOptions): void;
export function configure(path: string | URL, options?: ConfigureOptions): Promise<ConfigWatch>;
export function configure(
  source: DefaultClientOptions | string | URL,
  options: ConfigureOptions = {},
): Promise<ConfigWatch> | undefined {
  if (typeof source === 'string' || source instanceof URL) return fromFile(source, options);
  configureDefault(source);
  void shareLimits(undefined, {});
  return undefined;
}

async function fromFile(path: string | URL, options: ConfigureOptions): Promise<ConfigWatch> {
  const { watch = false, onChange, ...rest } = options;
  // Loaded where it is needed: YAML, its schema and alerts are no part of a request's way.
  const { supervise } = await import('../alerts/supervision.js');
  if (!watch) {
    const { loadConfig } = await import('./load.js');
    const config = await loadConfig(path, rest);
    await meet(config);
    apply(config, supervise);
    return { config, close: () => {} };
  }
  const { watchConfig } = await import('./watch.js');
  const watched = await watchConfig(path, {
    ...rest,
    onChange(config) {
      apply(config, supervise);
      meet(config).catch(({ message }: Error) => {
        process.emitWarning(message, { code: 'WARMLINE_FLEET_UNREACHABLE' });
      });
      onChange?.(config);
    },
  });
  try {
    await meet(watched.config);
    apply(watched.config, supervise);
  } catch (error) {
    watched.close();
    throw error;
  }
  return watched;
}

/** Whether a file has switched the patches off. */
let switchedOff = false;

function apply({ client, providers, enabled, alerts }: Config, lookFor: typeof supervise): void {
  configureDefault({
    ...client,
    providers: Object.fromEntries(
      Object.entries(providers).map(([name, provider]) => [name, optionsOf(name, provider)]),
    ),
  });
  lookFor(alerts);
  if (!enabled) disablePatches();
  else if (switchedOff) enablePatches();
  switchedOff = !enabled;
}

function optionsOf(name: string, { baseUrls: [baseUrl], client }: ProviderConfig): ProviderOptions {
  const address = client.endpoints === undefined && baseUrl !== undefined ? { baseUrl } : {};
  const limit = limitOf(client);
  return { ...client, ...address, ...(limit && { rateLimit: shareOf(name, limit) }) };
}

/** Has this process agree with others on the limits of its providers, if they meet anywhere. */
function meet({ fleet, providers }: Config): Promise<void> {
  const limits: Record<string, RateLimit> = {};
  for (const [name, { client }] of Object.entries(providers)) {
    const limit = limitOf(client);
    if (limit !== undefined) limits[name] = limit;
  }
  return shareLimits(fleet, limits);
}

/** A file has one for all origins of a provider. */
function limitOf({ rateLimit }: ProviderConfig['client']): RateLimit | undefined {
  return rateLimit as RateLimit | undefined;
}
