/** The whole of a configuration file. */

import { z } from 'zod/v4';
import { PROFILE_NAMES } from '../profiles.js';
import { settings, settingsShape } from './settings.js';
import {
  baseUrl,
  duration,
  entry,
  flag,
  listOf,
  oneOf,
  section,
  text,
  url,
  whole,
} from './values.js';

const rateLimit = section(
  {
    requests_per_minute: whole(1, { description: 'Requests in any minute.' }),
    tokens_per_minute: whole(1, { description: 'Tokens in any minute, of prompts and answers.' }),
    concurrent_requests: whole(1, { description: 'Requests under way at once.' }),
  },
  'What the provider allows.',
);

const provider = section(
  {
    profile: oneOf(PROFILE_NAMES, {
      description: 'Numbers that suit a provider, below what the file says.',
    }),
    base_url: baseUrl({
      description: 'Where requests of the provider begin, such as `https://api.openai.com`.',
    }),
    endpoints: listOf(
      z.union(
        [
          baseUrl({ description: 'The same as `url`.' }),
          entry(
            { url: baseUrl({ description: 'Where its requests begin.' }) },
            { weight: whole(1, { description: 'Its share of the requests.', default: 1 }, 0xffff) },
            'A place.',
          ),
        ],
        { error: 'must be a URL, or a section with url and weight' },
      ),
      'URLs',
      { description: 'Several places that serve the same requests, in place of `base_url`.' },
    ),
    connection_pool: settings,
    rate_limit: rateLimit,
  },
  'A provider, with a pool of its own for the requests to its address.',
);

const severity = oneOf(['info', 'warning', 'critical'], { description: 'How bad it is.' });
const condition = text({ description: 'Such as `pending_requests > 50`.' });
const ruleName = text({ description: 'What the alert is called.' });

const alertRule = entry(
  { name: ruleName, condition, severity },
  {
    for: duration({ description: 'How long the condition has to hold before it fires.' }),
    message: text({ description: 'What it says.' }),
    action: text({
      description:
        'What is done: `log`, `webhook`, `scale_up`, `investigate`, or a word for `onAlert`.',
    }),
    webhook: url(['http', 'https'], { description: 'Where `webhook` posts it to.' }),
  },
  'An alert.',
);

const sections = {
  http_client: section(
    {
      enabled: flag({
        description: 'With `false`, patched clients go by what they had before.',
        default: true,
      }),
      ...settingsShape,
    },
    'The client of this process, and what every provider begins with.',
  ),
  providers: z
    .record(z.string(), provider, { error: 'must be a section with a key for each provider' })
    .meta({ description: 'Providers, by name.' }),
  alerting: section(
    {
      connection_pool: listOf(alertRule, 'alerts', { description: 'Alerts over the pool.' }),
    },
    'Alerts by what they watch.',
  ),
  alerts: listOf(alertRule, 'alerts', { description: 'Alerts.' }),
  distributed_pool: section(
    {
      enabled: flag({ description: 'Whether the keys below count.', default: false }),
      redis_url: url(['redis', 'rediss'], {
        description: 'Where processes meet that share the rate limits of providers.',
      }),
      pool_sharding: flag({
        description:
          'Whether the limits are spread over shards: hash tags, and so nodes of a cluster.',
        default: false,
      }),
      shard_count: whole(1, { description: 'How many there are.', default: 4 }, 4096),
      connection_affinity: oneOf(['sticky', 'round_robin', 'least_loaded'], {
        description: "How one of a provider's `endpoints` is chosen.",
        default: 'round_robin',
      }),
      health_check_interval: duration({
        description:
          'How often a process says that it is there. One that has not for three times that is gone.',
        default: 30,
      }),
      failover_enabled: flag({
        description: 'Whether a request that an endpoint failed goes on to the next one.',
        default: true,
      }),
      failover_timeout: duration({
        description: 'How long an endpoint that fails is left out.',
        default: 10,
      }),
    },
    'Several places, several processes.',
  ),
  analytics: section(
    {
      enabled: flag({ description: 'Whether the keys below count.', default: false }),
      collect_connection_patterns: flag({
        description: 'Requests and connections are counted, by origin and hour.',
        default: true,
      }),
      collect_performance_metrics: flag({
        description: 'Times and errors are counted, by origin and hour.',
        default: true,
      }),
      enable_predictive_scaling: flag({
        description:
          'Caps follow the load, and connections are opened ahead of a demand that is foreseen.',
        default: false,
      }),
      scaling_prediction_window: duration({
        description: 'How far ahead a higher demand keeps the caps up.',
        default: 3600,
      }),
      scaling_cooldown_period: duration({
        description: 'How long the load has to have been lower until the caps go down.',
        default: 300,
      }),
    },
    'What is learnt from the traffic.',
  ),
};

/** A file without its environments, or one of these, or what environment variables say. */
export const layer = section(sections, 'What holds in an environment, over what holds in all.');

export const root = section(
  {
    ...sections,
    development: layer,
    test: layer,
    staging: layer,
    production: layer,
  },
  'Configuration of warmline.',
);

export type Layer = z.output<typeof layer>;
export type Provider = z.output<typeof provider>;
export type RootInput = z.input<typeof root>;
export type LayerInput = z.input<typeof layer>;
