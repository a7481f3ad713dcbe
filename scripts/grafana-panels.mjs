// What the Grafana dashboard shows, and what the Prometheus rules warn of. Every metric that is named here must be in
// the engine's table.

/** The reference's colours of utilisation. */
const UTILIZATION = [
  ['green', null],
  ['yellow', 70],
  ['red', 85],
];

/** From which value on a key figure is yellow, and red. */
const grades = (fair, bad) => [
  ['green', null],
  ['yellow', fair],
  ['red', bad],
];

const quantiles = (metric) =>
  [0.5, 0.9, 0.99].map((part) => [
    `histogram_quantile(${part}, sum by (le) (rate(${metric}_bucket[5m])))`,
    `p${part * 100}`,
  ]);

/** Rows of panels: the reference's key figures, its four panels, and what they leave out. */
export const rows = [
  [
    {
      title: 'Pool Utilization',
      type: 'gauge',
      unit: 'percent',
      thresholds: UTILIZATION,
      queries: [['connection_pool_utilization_percent', '{{pool}}']],
    },
    {
      title: 'Connection Error Rate',
      type: 'stat',
      unit: 'percentunit',
      thresholds: grades(0.02, 0.05),
      queries: [
        [
          'increase(connection_errors_total[5m]) / (increase(connections_created_total[5m]) + increase(connection_errors_total[5m]))',
          '{{pool}}',
        ],
      ],
    },
    {
      title: 'Average Connection Time',
      type: 'stat',
      unit: 'ms',
      thresholds: grades(20, 50),
      queries: [['avg_connection_time_ms', '{{pool}}']],
    },
    {
      title: 'Pending Requests',
      type: 'stat',
      thresholds: grades(5, 10),
      queries: [['pending_requests', '{{pool}}']],
    },
    {
      title: 'Connection Reuse Rate',
      type: 'stat',
      unit: 'percentunit',
      thresholds: [
        ['red', null],
        ['yellow', 0.7],
        ['green', 0.9],
      ],
      queries: [['reuse_rate', '{{pool}}']],
    },
    {
      title: 'Circuit Breakers Open',
      type: 'stat',
      thresholds: grades(1, 2),
      queries: [['circuit_breakers_open + circuit_breakers_half_open', '{{pool}}']],
    },
  ],
  [
    {
      title: 'Active Connections',
      timeFrom: '1h',
      queries: [
        ['connections_active', 'active {{pool}}'],
        ['connections_idle', 'idle {{pool}}'],
        ['connections_total', 'total {{pool}}'],
      ],
    },
    {
      title: 'Connection Performance',
      timeFrom: '24h',
      queries: [
        ['avg_connection_time_ms', 'mean time to connect, ms, {{pool}}'],
        ['increase(connection_errors_total[5m])', 'errors in 5 min {{pool}}'],
        ['increase(connection_timeouts_total[5m])', 'time-outs in 5 min {{pool}}'],
      ],
    },
    {
      title: 'Pool Health',
      timeFrom: '7d',
      queries: [
        ['pending_requests', 'pending {{pool}}'],
        ['increase(connections_created_total[5m])', 'created in 5 min {{pool}}'],
        ['increase(connections_closed_total[5m])', 'closed in 5 min {{pool}}'],
      ],
    },
  ],
  [
    {
      title: 'Requests per Second, by Status',
      unit: 'reqps',
      queries: [['sum by (status) (rate(requests_total[1m]))', '{{status}}']],
    },
    {
      title: 'Failures per Second',
      unit: 'reqps',
      queries: [
        ['sum by (code, phase) (rate(request_failures_total[1m]))', '{{code}} in {{phase}}'],
        ['sum by (reason) (rate(responses_unfinished_total[1m]))', 'unfinished: {{reason}}'],
      ],
    },
    {
      title: 'Response Time',
      unit: 's',
      queries: quantiles('response_head_seconds'),
    },
  ],
  [
    {
      title: 'Time to First Token',
      unit: 's',
      queries: quantiles('time_to_first_token_seconds'),
    },
    {
      title: 'Time between Tokens',
      unit: 's',
      queries: quantiles('inter_token_seconds'),
    },
    {
      title: 'Streams',
      queries: [
        ['streams_open', 'open {{pool}}'],
        ['streams_stalled', 'stalled {{pool}}'],
        ['sum by (provider) (rate(stream_events_total[1m]))', 'events per second {{provider}}'],
      ],
    },
  ],
  [
    {
      title: 'Tokens per Second, by Model',
      queries: [
        [
          'sum by (provider, model, kind) (rate(model_tokens_total[1m]))',
          '{{kind}} {{provider}} {{model}}',
        ],
      ],
    },
    {
      title: 'Time to First Token, by Model',
      unit: 's',
      queries: [
        [
          'histogram_quantile(0.9, sum by (le, provider, model) (rate(model_time_to_first_token_seconds_bucket[5m])))',
          'p90 {{provider}} {{model}}',
        ],
      ],
    },
    {
      title: 'Time between Tokens, by Model',
      unit: 's',
      queries: [
        [
          'histogram_quantile(0.9, sum by (le, provider, model) (rate(model_inter_token_seconds_bucket[5m])))',
          'p90 {{provider}} {{model}}',
        ],
      ],
    },
  ],
  [
    {
      title: 'Requests per Second, by Model and Status',
      unit: 'reqps',
      queries: [
        [
          'sum by (provider, model, status) (rate(model_requests_total[1m]))',
          '{{status}} {{provider}} {{model}}',
        ],
      ],
    },
    {
      title: 'Events per Second, by Model',
      queries: [
        [
          'sum by (provider, model) (rate(model_stream_events_total[1m]))',
          '{{provider}} {{model}}',
        ],
      ],
    },
    {
      title: 'Tokens per Second, by Origin',
      queries: [
        ['sum by (origin) (rate(input_tokens_total[1m]))', 'input {{origin}}'],
        ['sum by (origin) (rate(output_tokens_total[1m]))', 'output {{origin}}'],
      ],
    },
  ],
  [
    {
      title: 'Retries, Hedges and Pauses per Second',
      queries: [
        ['sum by (origin) (rate(retries_total[1m]))', 'retries {{origin}}'],
        ['sum by (origin) (rate(hedges_total[1m]))', 'hedges {{origin}}'],
        ['sum by (origin) (rate(cooldown_waits_total[1m]))', 'waits for a pause {{origin}}'],
      ],
    },
    {
      title: 'Circuit Breakers',
      queries: [
        ['circuit_breaker_state{state="open"}', 'open: {{place}}'],
        ['circuit_breaker_state{state="half_open"}', 'half-open: {{place}}'],
      ],
    },
    {
      title: 'Rate Limits',
      queries: [
        ['rate_limit_requests_left', 'requests left {{origin}}'],
        ['rate_limit_tokens_left', 'tokens left {{origin}}'],
        ['rate_limit_waiting', 'waiting {{origin}}'],
      ],
    },
  ],
  [
    {
      title: 'Traffic',
      unit: 'Bps',
      queries: [
        ['sum by (origin) (rate(sent_bytes_total[1m]))', 'sent {{origin}}'],
        ['sum by (origin) (rate(received_bytes_total[1m]))', 'received {{origin}}'],
      ],
    },
    {
      title: 'Event Loop Lag',
      unit: 's',
      queries: [
        [
          'histogram_quantile(0.99, sum by (le, thread) (rate(event_loop_lag_seconds_bucket[5m])))',
          'p99 {{thread}}',
        ],
      ],
    },
    {
      title: 'Memory',
      unit: 'bytes',
      queries: [['memory_bytes', '{{kind}}']],
    },
  ],
];

/** The reference's alerts, its monitor's warnings among them, and what its targets say. */
export const alerts = [
  {
    alert: 'ConnectionPoolExhausted',
    expr: 'pending_requests > 50',
    severity: 'warning',
    summary: 'Connection pool exhausted',
  },
  {
    alert: 'HighConnectionErrorRate',
    expr: 'connection_errors_total / connections_created_total > 0.05',
    severity: 'critical',
    summary: 'High connection error rate',
  },
  {
    alert: 'PoolUtilizationHigh',
    expr: 'pool_utilization_percent > 90',
    severity: 'warning',
    summary: 'Connection pool utilization above 90%',
  },
  {
    alert: 'HighErrorRate',
    expr: 'error_rate > 0.05',
    severity: 'warning',
    summary: 'More than 5% of the requests fail',
  },
  {
    alert: 'ManyActiveConnections',
    expr: 'connections_active > 100',
    for: '1m',
    severity: 'info',
    summary: 'High number of active connections',
  },
  {
    alert: 'SlowConnections',
    expr: 'avg_connection_time_ms > 50',
    for: '5m',
    severity: 'info',
    summary: 'Connections take longer than 50 ms to open',
  },
  {
    alert: 'CircuitBreakerOpen',
    expr: 'circuit_breaker_state{state="open"} > 0',
    severity: 'warning',
    summary: 'Requests to {{ $labels.place }} are refused: too many failed there',
  },
  {
    alert: 'StreamsStalled',
    expr: 'streams_stalled > 0',
    for: '1m',
    severity: 'warning',
    summary: 'Streams are open on which nothing comes',
  },
];
