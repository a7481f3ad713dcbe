import { invalid } from '../native/invalid.js';
import { amount } from './pool-size.js';

/** The caps of a pool, as `HttpClient.updatePoolLimits` takes them. */
export interface PoolCaps {
  readonly maxConnections: number;
  readonly maxKeepaliveConnections: number;
}

const BASE: PoolCaps = { maxConnections: 100, maxKeepaliveConnections: 30 };
const LOW_LOAD = 0.3;
const HIGH_LOAD = 0.7;

/**
 * The caps for a load: half of the base below 0.3, the base below 0.7, and half as much again from there on, rounded
 * down. (`scaling` of an `HttpClient` does so while it runs.)
 *
 * @param currentLoad The part of the pool that is busy, 0 to 1.
 * @param base The caps for a medium load. Default 100 and 30.
 * @throws {TypeError} for a load that is no number or negative, and for caps that are not whole numbers.
 *
 * @example
 * ```ts
 * import { scaleForLoad } from 'warmline/sizing'
 *
 * scaleForLoad(0.9) // { maxConnections: 150, maxKeepaliveConnections: 45 }
 * ```
 */
export function scaleForLoad(currentLoad: number, base: PoolCaps = BASE): PoolCaps {
  const factor = scaleFactor(amount('currentLoad', currentLoad));
  const { maxConnections, maxKeepaliveConnections } = base;
  return {
    maxConnections: scaled('base.maxConnections', maxConnections, factor),
    maxKeepaliveConnections: scaled(
      'base.maxKeepaliveConnections',
      maxKeepaliveConnections,
      factor,
    ),
  };
}

function scaleFactor(load: number): number {
  if (load < LOW_LOAD) return 0.5;
  return load < HIGH_LOAD ? 1 : 1.5;
}

function scaled(name: string, cap: number, factor: number): number {
  if (Number.isSafeInteger(cap) && cap >= 0) return Math.trunc(cap * factor);
  throw invalid(name, 'a whole number that is not negative', cap);
}
