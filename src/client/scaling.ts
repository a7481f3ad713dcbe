import { invalid } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, given, time } from './checks.js';

/** How the pool of an {@link HttpClient} follows its load. */
export interface ScalingOptions {
  /** How long the load has to have been lower until the caps go down, in milliseconds. Default 300 000. */
  cooldownPeriod?: number;
  /**
   * Whether the demand of each origin is learnt by the minute of the day (Holt-Winters), caps rise before it, and
   * connections are opened a minute or two ahead of it, once a whole day is known. Default `true`.
   */
  predictive?: boolean;
  /** How far ahead a higher demand keeps the caps up, in milliseconds. Default 3 600 000. */
  predictionWindow?: number;
}

type Settings = NonNullable<Parameters<Binding['openClient']>[0]['scaling']>;

/**
 * Checks a client's `scaling` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkScaling(scaling: boolean | ScalingOptions = false): { scaling?: Settings } {
  if (scaling === false) return {};
  if (scaling === true) return { scaling: { predictive: true } };
  checkNames('scaling', scaling, ['cooldownPeriod', 'predictive', 'predictionWindow']);
  const { predictive = true } = scaling;
  if (typeof predictive !== 'boolean')
    throw invalid('scaling.predictive', 'true or false', predictive);
  return {
    scaling: {
      predictive,
      ...given('cooldownPeriod', scaling.cooldownPeriod, time('scaling')),
      ...given('predictionWindow', scaling.predictionWindow, time('scaling')),
    },
  };
}
