/**
 * Keys that say the same in two places: `max_connections` and `pool_limits.max_connections`. Each layer is
 * brought to one spelling before the next one goes over it, so that `retry_attempts: 1` of an environment
 * changes what the file says by `retry.attempts`.
 */

import { defined } from './defined.js';
import type { ConfigIssue } from './error.js';
import type { Layer } from './schema/root.js';
import type { Settings } from './schema/settings.js';
import { type Path, type Source, valueAt } from './source.js';

/** {@link Settings} in one spelling. */
export interface Canonical
  extends Pick<Settings, 'circuit_breaker' | 'health' | 'features' | 'proxy' | 'tls'> {
  pool_limits?: Omit<NonNullable<Settings['pool_limits']>, 'pool_block_timeout'>;
  timeout?: Exclude<Settings['timeout'], number | undefined>;
  retry?: Omit<NonNullable<Settings['retry']>, 'status_codes'>;
}

/** Each key, and the one that it is another word for. */
const SAME: readonly (readonly [key: readonly string[], as: readonly string[]])[] = [
  [['max_connections'], ['pool_limits', 'max_connections']],
  [['max_keepalive_connections'], ['pool_limits', 'max_keepalive_connections']],
  [['keepalive_expiry'], ['pool_limits', 'keepalive_expiry']],
  [
    ['pool_limits', 'pool_block_timeout'],
    ['timeout', 'pool'],
  ],
  [['connect_timeout'], ['timeout', 'connect']],
  [['retry_attempts'], ['retry', 'attempts']],
  [['retry_backoff_factor'], ['retry', 'backoff_factor']],
  [
    ['retry', 'status_codes'],
    ['retry', 'retry_status_codes'],
  ],
];

export function canonical(said: Settings): Canonical {
  const { timeout, pool_limits, retry, circuit_breaker, health, features, proxy, tls } = said;
  const { pool_block_timeout, ...limits } = pool_limits ?? {};
  const { status_codes, ...attempts } = retry ?? {};
  const deadlines = typeof timeout === 'number' ? { total: timeout } : timeout;
  return defined({
    circuit_breaker,
    health,
    features,
    proxy,
    tls,
    pool_limits: defined({
      max_connections: said.max_connections,
      max_keepalive_connections: said.max_keepalive_connections,
      keepalive_expiry: said.keepalive_expiry,
      ...limits,
    }),
    timeout: defined({ connect: said.connect_timeout, pool: pool_block_timeout, ...deadlines }),
    retry: defined({
      attempts: said.retry_attempts,
      backoff_factor: said.retry_backoff_factor,
      ...(status_codes === undefined ? {} : { retry_status_codes: status_codes }),
      ...attempts,
    }),
  });
}

/** Where a layer says one thing by two keys, and two different things at that. */
export function contradictions(layer: Layer, source: Source, prefix: Path): ConfigIssue[] {
  const clients: [Path, Settings | undefined][] = [[['http_client'], layer.http_client]];
  for (const [name, { connection_pool }] of Object.entries(layer.providers ?? {})) {
    clients.push([['providers', name, 'connection_pool'], connection_pool]);
  }
  return clients.flatMap(([path, said]) =>
    SAME.flatMap(([key, as]) => {
      const [one, other] = [valueAt(said, key), valueAt(said, as)];
      if (one === undefined || other === undefined || same(one, other)) return [];
      const full = [...prefix, ...path, ...key];
      const place = source.place(full, 'value');
      const message = `is another word for ${as.join('.')}, which says something else`;
      return [{ ...place, key: full.join('.'), message, suggestion: undefined }];
    }),
  );
}

const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
