import { invalid } from './invalid.js';
import { RequestFlag } from './wire.js';

/**
 * Who goes first where a rate limit makes requests wait: `'interactive'` before `'batch'`, of which one goes for every
 * nine of the others. The standard's words mean the same: `'low'` is `'batch'`, `'high'` and `'auto'` are not.
 */
export type RequestPriority = 'interactive' | 'batch' | 'high' | 'low' | 'auto';

const FLAGS: Record<RequestPriority, number> = {
  interactive: 0,
  high: 0,
  auto: 0,
  batch: RequestFlag.batch,
  low: RequestFlag.batch,
};

/**
 * The flag of a priority.
 *
 * @throws {TypeError} for anything else.
 */
export function priorityFlag(priority: RequestPriority | undefined): number {
  if (priority === undefined) return 0;
  if (Object.hasOwn(FLAGS, priority)) return FLAGS[priority];
  throw invalid('priority', Object.keys(FLAGS).join(', '), priority);
}
