/** Keys that are understood, and whose capability the engine does not have yet. They are told of, never ignored. */

import type { NotInEffect } from './config.js';
import type { LayerInput } from './schema/root.js';
import type { Path, Source } from './source.js';

/** The names of all keys with a value; `*` stands for a provider's name, and lists are values. */
type KeyOf<Value, Prefix extends string> = Value extends readonly unknown[]
  ? Prefix
  : Value extends object
    ? {
        [Key in keyof Value & string]-?: KeyOf<
          NonNullable<Value[Key]>,
          `${Prefix}.${string extends Key ? '*' : Key}`
        >;
      }[keyof Value & string]
    : Prefix;

type Sections = { [Key in keyof LayerInput]-?: KeyOf<NonNullable<LayerInput[Key]>, Key> };

/** A key as it is named below: that of a provider's `connection_pool` by its name in `http_client`. */
export type KeyName = Exclude<Sections[keyof Sections], `providers.*.connection_pool.${string}`>;

export const NOT_IN_EFFECT: readonly KeyName[] = [
  'distributed_pool.redis_url',
  'distributed_pool.pool_sharding',
  'distributed_pool.shard_count',
  'distributed_pool.health_check_interval',
];

/** The keys of a layer that change nothing yet; `value` is what stands at `path` of the source. */
export function withoutEffect(source: Source, value: unknown, path: Path): NotInEffect[] {
  const idle = new Set<string>(NOT_IN_EFFECT);
  return leaves(value, []).flatMap((leaf) => {
    if (!idle.has(nameOf(leaf))) return [];
    const full = [...path, ...leaf];
    const { source: at, line, column } = source.place(full, 'key');
    return [{ key: full.join('.'), source: at, line, column }];
  });
}

function leaves(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** The key as {@link KeyName} spells it. */
function nameOf([section = '', ...rest]: readonly string[]): string {
  if (section !== 'providers') return [section, ...rest].join('.');
  const [, part, ...keys] = rest;
  return part === 'connection_pool'
    ? ['http_client', ...keys].join('.')
    : ['providers', '*', part, ...keys].join('.');
}
