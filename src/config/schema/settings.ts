/** What can be said of an HTTP client: `http_client`, and the `connection_pool` of a provider. */

import { z } from 'zod/v4';
import {
  duration,
  flag,
  listOf,
  matching,
  oneOf,
  positive,
  section,
  text,
  url,
  whole,
} from './values.js';

const limits = {
  max_connections: whole(1, {
    description: 'The most connections at once, over all origins.',
    default: 1000,
  }),
  max_keepalive_connections: whole(0, {
    description: 'The most idle connections that are kept.',
    default: 100,
  }),
  keepalive_expiry: duration({
    description: 'How long an idle connection is kept.',
    default: 30,
  }),
};

const timeout = section(
  {
    total: duration({
      description:
        'From the call to the end of the body. An `HttpClient` of your own has 30 where no deadline is named.',
    }),
    connect: duration({ description: 'Name look-up, TCP and TLS together.', default: 10 }),
    read: duration({
      description:
        'How long the server may be silent: sets `first_byte` and `idle`, which go before it.',
    }),
    first_byte: duration({ description: "From the request on the wire to the response's head." }),
    idle: duration({ description: "Between two pieces of the response's body." }),
    write: duration({
      description: 'How long the server may take nothing of a request that is sent to it.',
    }),
    pool: duration({
      description:
        'Waiting for a free place in the pool. Goes before `pool_limits.pool_block_timeout`.',
      default: 30,
    }),
  },
  'Deadlines of each request.',
);

/** The names that `retry` of a client knows, and the codes of errors. */
const EXCEPTION =
  /^(ConnectError|ConnectTimeout|ReadTimeout|WriteTimeout|PoolTimeout|TimeoutException|NetworkError|[A-Z][A-Z0-9_]*)$/;
const EXCEPTION_FORM =
  'must be ConnectError, ConnectTimeout, ReadTimeout, WriteTimeout, PoolTimeout, TimeoutException, NetworkError or the code of an error';

const retry = section(
  {
    enabled: flag({
      description:
        'Whether failed requests are sent again. On the default client only where there is a `retry` section or the like.',
      default: true,
    }),
    attempts: whole(0, { description: 'How often at most.', default: 3 }, 100),
    backoff_factor: positive({
      description: 'The longest first pause in seconds; it doubles with each attempt.',
      default: 0.5,
    }),
    backoff_max_delay: duration({ description: 'No pause is longer.', default: 60 }),
    retry_status_codes: listOf(whole(400, { description: 'A status.' }, 599), 'status codes', {
      description: 'The statuses that are tried again.',
      default: [408, 429, 500, 502, 503, 504],
    }),
    status_codes: listOf(whole(400, { description: 'A status.' }, 599), 'status codes', {
      description: 'The same as `retry_status_codes`.',
    }),
    retry_on_exceptions: listOf(
      matching(EXCEPTION, EXCEPTION_FORM, { description: 'A name.' }),
      'names of errors',
      {
        description: 'The failures that are tried again.',
        default: ['ConnectError', 'TimeoutException', 'NetworkError'],
      },
    ),
  },
  'Attempts after the first.',
);

const circuitBreaker = section(
  {
    enabled: flag({
      description:
        'Whether there is one. On the default client only where there is a `circuit_breaker` section.',
      default: true,
    }),
    failure_threshold: whole(1, { description: 'So many failures in a row open it.', default: 5 }),
    recovery_timeout: duration({ description: 'For so long; then a request tries.', default: 60 }),
    monitoring_enabled: flag({
      description: 'Whether changes are published on the channel `warmline:circuit-breaker`.',
      default: true,
    }),
  },
  'Answers at once for an origin that fails.',
);

const health = section(
  {
    enabled: flag({
      description: 'Whether connections on which nothing comes are looked at.',
      default: true,
    }),
    check_interval: duration({ description: 'How often.', default: 30 }),
    unhealthy_threshold: whole(
      1,
      {
        description: 'So many times `health_check_timeout` without a sign of life give one up.',
        default: 3,
      },
      100,
    ),
    health_check_timeout: duration({
      description: 'How long a sign of life may take, by HTTP/2.',
      default: 5,
    }),
    cleanup_interval: duration({
      description: 'How often idle connections that are past their time are looked for.',
      default: 1,
    }),
    force_cleanup: flag({
      description:
        'Whether they are closed then. With `false` they are closed once a request comes upon them.',
      default: true,
    }),
  },
  'Idle connections.',
);

const features = section(
  {
    http2_enabled: flag({
      description: 'Whether HTTP/2 is spoken where the server offers it.',
      default: true,
    }),
    connection_reuse: flag({
      description:
        'Whether connections are kept after a response; requests at the same time share one by HTTP/2 all the same.',
      default: true,
    }),
    dns_cache_enabled: flag({
      description: 'Whether addresses of names are remembered.',
      default: true,
    }),
    tcp_keepalive: flag({
      description: 'Whether silent connections are probed by the system, after 45 seconds.',
      default: true,
    }),
    compression: flag({
      description: 'Whether encoded responses are asked for, and decoded.',
      default: true,
    }),
  },
  'Single abilities.',
);

const tls = section(
  {
    min_version: oneOf(['TLSv1.2', 'TLSv1.3'], {
      description: 'The oldest version to speak.',
      default: 'TLSv1.2',
    }),
    ca_file: text({
      description:
        "PEM file of authorities to trust beside the system's. Paths are relative to the configuration.",
    }),
    cert_file: text({ description: "PEM file with the client's certificate." }),
    key_file: text({ description: 'PEM file with its key.' }),
    passphrase: text({ description: 'Opens an encrypted key.' }),
  },
  'Trust and identity.',
);

/** The keys that a client of a provider has, too. */
export const settingsShape = {
  ...limits,
  timeout: z
    .union([duration({ description: 'The same as `timeout.total`.' }), timeout], {
      error: 'must be a duration or a section of deadlines',
    })
    .meta({ description: 'Deadlines of each request; a duration is the total.' }),
  connect_timeout: duration({ description: 'The same as `timeout.connect`.' }),
  retry_attempts: whole(0, { description: 'The same as `retry.attempts`.' }, 100),
  retry_backoff_factor: positive({ description: 'The same as `retry.backoff_factor`.' }),
  pool_limits: section(
    {
      ...limits,
      pool_block_timeout: duration({
        description: 'How long a request waits for a free place in the pool.',
        default: 30,
      }),
    },
    'Connections; the same as the keys of these names one level up.',
  ),
  retry,
  circuit_breaker: circuitBreaker,
  health,
  features,
  proxy: z
    .union(
      [
        z.literal(false),
        url(['http', 'https', 'socks5', 'socks5h'], { description: 'The proxy.' }),
      ],
      {
        error:
          'must be a URL that begins with http://, https://, socks5:// or socks5h://, or false',
      },
    )
    .meta({
      description:
        "The proxy of every connection; `false` is none. Default: the environment's, as for every client.",
    }),
  tls,
};

export const settings = section(settingsShape, 'How a client behaves.');

/** What is said of a client, with durations in milliseconds. */
export type Settings = z.output<typeof settings>;
