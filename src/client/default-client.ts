import { invalid } from '../native/invalid.js';
import { type Binding, binding } from '../native/load.js';
import { publishChanges } from './circuit-breaker.js';
import { checkEndpoints } from './endpoints.js';
import { checkOptions, type HttpClientOptions } from './options.js';

/** How the default client of this process is set up. */
export interface DefaultClientOptions extends SharedOptions {
  /**
   * Providers, by name: requests whose URL lies below a provider's go by its own options, on a pool of its own.
   */
  providers?: Readonly<Record<string, ProviderOptions>>;
}

/** How the requests to one provider go, on the default client. */
export interface ProviderOptions extends SharedOptions {
  /** Where its requests begin, such as `https://api.openai.com`; left out where `endpoints` say so. */
  baseUrl?: string | URL;
}

/**
 * What a client that all threads share can be told: functions belong to a thread, and `compress` to a request. Nothing is
 * sent again, and no place left unasked, unless `retry` and `circuitBreaker` say so; requests of patched SDKs and the
 * like are never sent again by the client.
 */
type SharedOptions = Omit<HttpClientOptions, 'compress' | 'dns'> & {
  dns?: Omit<NonNullable<HttpClientOptions['dns']>, 'lookup'>;
};

type Settings = Parameters<Binding['configureShared']>[0];

/**
 * Sets up the default client.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function configureDefault(options: DefaultClientOptions): void {
  const { providers = {}, ...own } = options;
  if (typeof providers !== 'object' || providers === null) {
    throw invalid('providers', 'an object of providers by name', providers);
  }
  const settings = sharedSettings(own);
  const checked = Object.entries(providers).map(([name, provider]) => {
    try {
      return { name, ...providerSettings(provider) };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      error.message = `providers.${name}: ${error.message}`;
      throw error;
    }
  });
  binding().configureShared(settings, checked);
  const all = [settings, ...checked.map((provider) => provider.settings)];
  if (all.some(({ circuitBreaker }) => circuitBreaker?.monitored)) publishChanges();
}

function providerSettings({ baseUrl, ...own }: ProviderOptions) {
  if ((baseUrl === undefined) === (own.endpoints === undefined)) {
    throw invalid('baseUrl', 'given where endpoints are not, and only there', baseUrl);
  }
  // An address is one whether it is the only one or one of several.
  const { endpoints = [] } =
    checkEndpoints({ endpoints: own.endpoints ?? [baseUrl as string | URL] }) ?? {};
  return { urls: endpoints.map(({ url }) => url), settings: sharedSettings(own) };
}

function sharedSettings(options: SharedOptions & Pick<HttpClientOptions, 'compress'>): Settings {
  if (options.compress !== undefined) {
    throw invalid('compress', 'left to each request', options.compress);
  }
  const { timeout = {}, retry = false, circuitBreaker = false } = options;
  const [settings, lookup] = checkOptions({ ...options, timeout, retry, circuitBreaker });
  if (lookup !== undefined) throw invalid('dns.lookup', 'left to an HttpClient', lookup);
  return settings;
}
