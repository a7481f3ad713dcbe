/** From layers that are checked each for itself to the configuration that they make together. */

import { checkOptions, type HttpClientOptions } from '../client/options.js';
import { checkAlerts } from './alerts.js';
import { balancing, clientOptions, fleetOptions, learning, rateLimit } from './client-options.js';
import type { Config } from './config.js';
import type { Environment } from './environments.js';
import type { ConfigIssue } from './error.js';
import { merge } from './merge.js';
import { type ProfileName, profiles } from './profiles.js';
import type { Layer, Provider } from './schema/root.js';
import { settings } from './schema/settings.js';
import { discreet } from './secrets.js';
import { type Path, type Place, type Source, valueAt } from './source.js';
import { type Canonical, canonical } from './spelling.js';

/** What was said in one place. */
export interface Said {
  readonly source: Source;
  /** Where in the source. */
  readonly path: Path;
  readonly layer: Layer;
}

/** The layers as one configuration, the last one on top; or what is wrong with it. */
export function assemble(
  file: string,
  environment: Environment | undefined,
  layers: readonly Said[],
): { config: Config; issues: ConfigIssue[] } {
  const {
    http_client,
    providers = {},
    distributed_pool,
    analytics,
    alerting,
    alerts,
  } = merged(layers);
  const base = http_client ?? {};
  // Made for each: what hides secrets marks every object once.
  const learnt = () => learning({ analytics });
  const issues: ConfigIssue[] = [];
  const attempt = (path: Path, make: () => HttpClientOptions): HttpClientOptions => {
    try {
      const options = make();
      checkOptions(options);
      return options;
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      // A file that cannot be read, or options that do not go together; anything else is a defect of ours.
      if (code === undefined) throw error;
      issues.push({
        ...placeOf(layers, path),
        key: path.join('.'),
        message,
        suggestion: undefined,
      });
      return {};
    }
  };
  const lists = [
    { path: ['alerting', 'connection_pool'], rules: alerting?.connection_pool ?? [] },
    { path: ['alerts'], rules: alerts ?? [] },
  ];
  const { checked, issues: wrong } = checkAlerts(lists);
  issues.push(
    ...wrong.map(({ path, message }) => ({
      ...placeOf(layers, path),
      key: path.join('.'),
      message,
      suggestion: undefined,
    })),
  );
  const config: Config = {
    file,
    environment,
    enabled: base.enabled ?? true,
    client: attempt(['http_client'], () => ({ ...clientOptions(base, file), ...learnt() })),
    providers: Object.fromEntries(
      Object.entries(providers).map(([name, said]) => {
        const path = ['providers', name];
        const baseUrls = addresses(name, said);
        if (typeof baseUrls === 'string') {
          const place = placeOf(layers, path);
          issues.push({ ...place, key: path.join('.'), message: baseUrls, suggestion: undefined });
        }
        const own = merge(merge(base, profileOf(said)), said.connection_pool);
        const client = attempt(path, () => ({
          ...clientOptions(own, file),
          ...learnt(),
          ...rateLimit(said),
          ...balancing(said.endpoints, distributed_pool),
        }));
        return [name, { baseUrls: typeof baseUrls === 'string' ? [] : baseUrls, client }];
      }),
    ),
    alerts: checked,
    fleet: fleetOptions(distributed_pool),
  };
  return { config: discreet(config), issues };
}

type Client = Canonical & { readonly enabled?: boolean | undefined };
type Merged = Omit<Layer, 'http_client' | 'providers'> & {
  http_client?: Client;
  providers?: Record<string, Omit<Provider, 'connection_pool'> & { connection_pool: Canonical }>;
};

function merged(layers: readonly Said[]): Merged {
  return layers.map(({ layer }) => oneSpelling(layer)).reduce(merge, {});
}

function oneSpelling({ http_client, providers, ...rest }: Layer): Merged {
  const { enabled, ...said } = http_client ?? {};
  return {
    ...rest,
    http_client: { ...canonical(said), ...(enabled === undefined ? {} : { enabled }) },
    providers: Object.fromEntries(
      Object.entries(providers ?? {}).map(([name, { connection_pool = {}, ...provider }]) => [
        name,
        { ...provider, connection_pool: canonical(connection_pool) },
      ]),
    ),
  };
}

function profileOf({ profile }: Pick<Provider, 'profile'>): Canonical {
  return profile === undefined ? {} : canonical(settings.parse(profiles[profile].connection_pool));
}

/** Where a provider's requests begin; as text, why nobody knows. */
function addresses(
  name: string,
  { base_url, endpoints, profile }: Omit<Provider, 'connection_pool'>,
): string[] | string {
  if (endpoints !== undefined && base_url !== undefined) {
    return 'has endpoints, which stand in place of base_url';
  }
  if (endpoints !== undefined) {
    return endpoints.map((endpoint) => (typeof endpoint === 'string' ? endpoint : endpoint.url));
  }
  const known = base_url ?? addressOf(profile) ?? addressOf(name);
  return known === undefined ? `has no base_url, and none is known for ${name}` : [known];
}

function addressOf(name: string | undefined): string | undefined {
  if (name === undefined || !Object.hasOwn(profiles, name)) return undefined;
  return profiles[name as ProfileName].base_url;
}

/** Where the topmost layer that has something there says it. */
function placeOf(layers: readonly Said[], path: Path): Place {
  const said = layers.filter((layer) => valueAt(layer.layer, path) !== undefined).at(-1);
  const { source, path: prefix } = said ?? (layers[0] as Said);
  return { ...source.place([...prefix, ...path], 'key'), found: undefined };
}
