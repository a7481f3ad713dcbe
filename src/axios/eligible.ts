import type { Config } from './instance.js';

/** Options that are `node:http`'s own, or that nobody needs who is in a hurry: axios sees to them itself. */
const ITS_OWN = [
  'httpAgent',
  'httpsAgent',
  'socketPath',
  'transport',
  'lookup',
  'family',
  'http2Options',
  'maxRate',
  'beforeRedirect',
  'sensitiveHeaders',
  'insecureHTTPParser',
  'onUploadProgress',
  'onDownloadProgress',
] as const;

type Options = Readonly<Record<string, unknown>>;

/** Whether the engine sends what is asked for, as axios's adapter for Node would. */
export function isEligible(config: Config, url: string): boolean {
  const options = config as unknown as Options;
  if (ITS_OWN.some((name) => options[name] !== undefined && options[name] !== null)) return false;
  if (options['decompress'] === false || Number(options['httpVersion'] ?? 1) !== 1) return false;
  if (!/^https?:/i.test(url) || !followsProxy(options['proxy'])) return false;
  const method = config.method?.toUpperCase() ?? 'GET';
  return (
    (method !== 'GET' && method !== 'HEAD') || config.data === undefined || config.data === null
  );
}

/** A proxy that is named is axios's affair; without one, both follow the environment. */
function followsProxy(proxy: unknown): boolean {
  if (proxy === false)
    return !Object.keys(process.env).some((name) => /^(https?|all)_proxy$/i.test(name));
  return proxy === undefined || proxy === null;
}
