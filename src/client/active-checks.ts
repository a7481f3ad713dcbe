import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, given, time, whole } from './checks.js';

/**
 * How the endpoints of an {@link HttpClient} are looked at before any request comes. Each check has a connection of its
 * own, made as those of requests are, and is no request: it counts in no figures, budgets and breakers. They end with
 * the client, and keep no process alive.
 */
export interface ActiveChecks {
  /**
   * What each endpoint is asked for by `GET`, such as `'/health'`: a path of its host, or with no slash in front one below
   * the endpoint's URL. A status below 500 passes, as the server is there. Default: to connect is enough, TLS included.
   */
  path?: string;
  /** From one check to the next, in milliseconds, give or take a tenth. Default 10 000. */
  interval?: number;
  /** How long one may take, in milliseconds. Default 5000. */
  timeout?: number;
  /** So many in a row that passed bring an endpoint back in. Default 2. */
  healthyThreshold?: number;
  /** So many in a row that failed take one out; the very first check decides alone. Default 3. */
  unhealthyThreshold?: number;
}

type Endpoints = NonNullable<Parameters<Binding['openClient']>[0]['endpoints']>;

const NAMES: readonly (keyof ActiveChecks)[] = [
  'path',
  'interval',
  'timeout',
  'healthyThreshold',
  'unhealthyThreshold',
];
/** HAProxy's thresholds; a check is a request, so that they come less often than its own. */
const DEFAULTS = { interval: 10_000, timeout: 5000, healthyThreshold: 2, unhealthyThreshold: 3 };

/**
 * Checks a client's `activeChecks` option.
 *
 * @param urls of the endpoints.
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkActiveChecks(
  checks: boolean | ActiveChecks,
  urls: readonly string[],
): Pick<Endpoints, 'checks'> {
  if (checks === false) return {};
  if (checks === true) return { checks: DEFAULTS };
  checkNames('activeChecks', checks, NAMES);
  const count = whole('activeChecks', 1);
  const millis = time('activeChecks');
  return {
    checks: {
      ...DEFAULTS,
      ...given('path', checks.path, (name, path) => checkPath(`activeChecks.${name}`, path, urls)),
      ...given('interval', checks.interval, millis),
      ...given('timeout', checks.timeout, millis),
      ...given('healthyThreshold', checks.healthyThreshold, count),
      ...given('unhealthyThreshold', checks.unhealthyThreshold, count),
    },
  };
}

function checkPath(name: string, path: string, urls: readonly string[]): string {
  const staysAt = (url: string) =>
    URL.canParse(path, `${url}/`) && new URL(path, `${url}/`).origin === new URL(url).origin;
  if (typeof path === 'string' && urls.every(staysAt)) return path;
  throw invalid(name, 'a path on the endpoints', path);
}
