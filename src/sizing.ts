/**
 * warmline/sizing: how large a pool and how long a deadline has to be.
 *
 * @packageDocumentation
 */

export { type PoolCaps, scaleForLoad } from './sizing/load.js';
export { calculateOptimalPoolSize } from './sizing/pool-size.js';
export {
  type MeasuredHour,
  type Measuring,
  type OriginRecommendation,
  type Recommendation,
  type RecommendOptions,
  recommend,
} from './sizing/recommend.js';
export { type OptimalTimeouts, optimizeTimeouts } from './sizing/timeouts.js';
