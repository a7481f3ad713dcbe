import type { HttpClientOptions } from '../client/options.js';
import type { FleetOptions } from '../fleet/store.js';
import type { Environment } from './environments.js';

/** An alert of `alerting` or `alerts`. */
export interface AlertRule {
  readonly name: string;
  /** Such as `pending_requests > 50`. */
  readonly condition: string;
  /** How long it has to hold before, in milliseconds. */
  readonly for?: number | undefined;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message?: string | undefined;
  /** `log`, `webhook`, `scale_up` or `investigate`; or a word for whoever is told. */
  readonly action?: string | undefined;
  readonly webhook?: string | undefined;
}

/** A provider of a {@link Config}. */
export interface ProviderConfig {
  /** Where its requests begin; several where it has several endpoints. */
  readonly baseUrls: readonly string[];
  /** For an `HttpClient` of its own. */
  readonly client: HttpClientOptions;
}

/**
 * A configuration, as options of this package. What is printed of it, by `console.log` or as JSON, has its
 * secrets left out.
 */
export interface Config {
  readonly file: string;
  /** The environment whose section was merged over the rest. */
  readonly environment: Environment | undefined;
  /** `http_client.enabled`. */
  readonly enabled: boolean;
  /** For an `HttpClient`, or for the default client of this process. */
  readonly client: HttpClientOptions;
  /** By name. */
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  /**
   * Of `alerting` and `alerts`: for `createMonitor`. {@link configure} has them looked for in the default client of the
   * process.
   */
  readonly alerts: readonly AlertRule[];
  /**
   * Where processes meet that share the rate limits of providers: `distributed_pool`, if it has a Redis. {@link configure}
   * has them do so.
   */
  readonly fleet: FleetOptions | undefined;
}
