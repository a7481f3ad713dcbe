/** As much of axios as is needed, in any of its versions 1. */

/** A request's configuration, with all defaults in it, as adapters are given it. */
export interface Config {
  readonly url?: string;
  readonly method?: string;
  readonly headers: { toJSON(): Record<string, unknown> };
  readonly data?: unknown;
  readonly auth?: { readonly username?: string; readonly password?: string } | null;
  readonly timeout?: number | string;
  readonly timeoutErrorMessage?: string;
  readonly transitional?: { readonly clarifyTimeoutError?: boolean };
  readonly responseType?: string;
  readonly responseEncoding?: BufferEncoding;
  readonly maxContentLength?: number;
  readonly maxBodyLength?: number;
  readonly maxRedirects?: number;
  readonly validateStatus?: ((status: number) => boolean) | null;
  readonly signal?: AbortSignal;
  readonly cancelToken?: {
    subscribe(listener: (reason: unknown) => void): void;
    unsubscribe(listener: (reason: unknown) => void): void;
  };
}

/** What an adapter resolves with. */
export interface AxiosResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Record<string, string | string[]>;
  config: Config;
  readonly request: object;
  data: unknown;
}

export type Adapter = (config: Config) => Promise<AxiosResponse>;

/** `axios` itself, or what `axios.create` makes. */
export interface AxiosInstance {
  (config: object): Promise<AxiosResponse>;
  readonly defaults: Record<string, unknown>;
  readonly interceptors: object;
  create(config: object): AxiosInstance;
  getUri(config: object): string;
}

export function isAxios(target: unknown): target is AxiosInstance {
  if (typeof target !== 'function') return false;
  const { defaults, interceptors, create, getUri } = target as unknown as Partial<AxiosInstance>;
  return (
    typeof defaults === 'object' &&
    typeof interceptors === 'object' &&
    typeof create === 'function' &&
    typeof getUri === 'function'
  );
}

/** An instance of the same axios that has no defaults and no interceptors, and changes nothing on the way. */
export function bareFrom(instance: AxiosInstance): AxiosInstance {
  const bare = instance.create({});
  for (const name of Object.keys(bare.defaults)) delete bare.defaults[name];
  bare.defaults['headers'] = { common: {} };
  return bare;
}

/** axios's own way for a request that the engine is not to send. */
export function adapterOf(bare: AxiosInstance, original: unknown): Adapter {
  if (typeof original === 'function') return original as Adapter;
  const same = [(data: unknown) => data];
  return async (config) => {
    try {
      const response = await bare({
        ...config,
        adapter: original,
        transformRequest: same,
        transformResponse: same,
      });
      return Object.assign(response, { config });
    } catch (error) {
      // Whoever sends it again by its configuration is to have the one that was given.
      const failure = error as { config?: object; response?: { config: object } };
      if (failure.config !== undefined) failure.config = config;
      if (failure.response !== undefined) failure.response.config = config;
      throw error;
    }
  };
}
