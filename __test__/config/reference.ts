/** Every YAML block of the reference guide, as it stands there; where one shows two ways, each is a document. */

export const REFERENCE: Readonly<Record<string, string>> = {
  'optimal pool': `
# Production-optimized connection pool settings
http_client:
  pool_limits:
    max_connections: 200              # Total connections per pool
    max_keepalive_connections: 50     # Keep-alive connections
    keepalive_expiry: 30.0            # Connection expiry time

  timeout:
    total: 30.0                       # Total request timeout
    connect: 10.0                     # Connection timeout
    read: 30.0                        # Read timeout
    write: 30.0                       # Write timeout

  retry:
    attempts: 3                       # Retry attempts
    backoff_factor: 0.5               # Exponential backoff
    status_codes: [429, 500, 502, 503, 504]  # Retry on these codes
`,
  'provider-specific tuning': `
# Provider-specific connection settings
providers:
  openai:
    connection_pool:
      max_connections: 100
      max_keepalive_connections: 30
      timeout: 25.0
    rate_limit:
      requests_per_minute: 60

  anthropic:
    connection_pool:
      max_connections: 80
      max_keepalive_connections: 25
      timeout: 30.0
    rate_limit:
      requests_per_minute: 40
`,
  alerting: `
alerting:
  connection_pool:
    - name: "pool_exhausted"
      condition: "pending_requests > 50"
      severity: "warning"
      message: "Connection pool exhausted"
    - name: "high_error_rate"
      condition: "connection_errors_total / connections_created_total > 0.05"
      severity: "critical"
      message: "High connection error rate"
    - name: "pool_utilization_high"
      condition: "pool_utilization_percent > 90"
      severity: "warning"
      message: "Connection pool utilization above 90%"
`,
  basic: `
# Basic connection pooling configuration
http_client:
  enabled: true
  max_connections: 100
  max_keepalive_connections: 30
  keepalive_expiry: 30.0
  timeout: 30.0
  connect_timeout: 10.0
  retry_attempts: 3
  retry_backoff_factor: 0.5
`,
  advanced: `
# Advanced connection pooling configuration
http_client:
  enabled: true

  # Connection pool settings
  pool_limits:
    max_connections: 200
    max_keepalive_connections: 50
    keepalive_expiry: 30.0
    pool_block_timeout: 5.0

  # Timeout settings
  timeout:
    total: 30.0
    connect: 10.0
    read: 30.0
    write: 30.0
    pool: 5.0

  # Retry configuration
  retry:
    enabled: true
    attempts: 3
    backoff_factor: 0.5
    backoff_max_delay: 60.0
    retry_status_codes: [408, 429, 500, 502, 503, 504]
    retry_on_exceptions: ["ConnectError", "TimeoutException"]

  # Circuit breaker integration
  circuit_breaker:
    enabled: true
    failure_threshold: 5
    recovery_timeout: 60
    monitoring_enabled: true

  # Health monitoring
  health:
    enabled: true
    check_interval: 30
    unhealthy_threshold: 3
    health_check_timeout: 5.0

  # Advanced features
  features:
    http2_enabled: true
    connection_reuse: true
    dns_cache_enabled: true
    tcp_keepalive: true
    compression: true
`,
  environments: `
# Development environment
development:
  http_client:
    max_connections: 20
    max_keepalive_connections: 10
    timeout: 60.0  # Longer timeouts for debugging
    retry_attempts: 1  # Fewer retries for faster failure
    health:
      enabled: false  # Disable health checks

# Production environment
production:
  http_client:
    max_connections: 500
    max_keepalive_connections: 100
    timeout: 25.0
    retry_attempts: 3
    health:
      enabled: true
      check_interval: 15  # More frequent checks
`,
  'a larger pool': `
# Increase pool size
http_client:
  pool_limits:
    max_connections: 300  # Increase from 200
    max_keepalive_connections: 75  # Increase from 50
`,
  'a shorter connection timeout': `
# Reduce connection timeout
http_client:
  timeout:
    connect: 5.0  # Reduce from 10.0
`,
  'longer timeouts': `
# Increase timeouts
http_client:
  timeout:
    total: 60.0  # Increase from 30.0
    connect: 15.0  # Increase from 10.0
`,
  'more attempts': `
# Adjust retry configuration
http_client:
  retry:
    attempts: 5  # Increase retry attempts
    backoff_max_delay: 30.0  # Reduce max delay
`,
  'a circuit breaker': `
# Enable circuit breaker
http_client:
  circuit_breaker:
    enabled: true
    failure_threshold: 3  # Lower threshold
    recovery_timeout: 30  # Faster recovery
`,
  'more patience': `
# Adjust retry logic
http_client:
  retry:
    retry_status_codes: [408, 429, 500, 502, 503, 504, 429]
    backoff_factor: 1.0  # More aggressive backoff
`,
  'a smaller pool': `
# Reduce pool size
http_client:
  pool_limits:
    max_connections: 100  # Reduce from 200
    max_keepalive_connections: 25  # Reduce from 50
`,
  cleanup: `
# Enable connection cleanup
http_client:
  health:
    cleanup_interval: 300  # Clean every 5 minutes
    force_cleanup: true
`,
  alerts: `
   alerts:
     - name: "connection_pool_exhausted"
       condition: "pending_requests > 50"
       severity: "critical"
       action: "scale_up"
     - name: "high_connection_errors"
       condition: "error_rate > 0.05"
       severity: "warning"
       action: "investigate"
`,
  'distributed pooling': `
# Distributed connection pooling configuration
distributed_pool:
  enabled: true
  redis_url: "redis://localhost:6379"
  pool_sharding: true
  shard_count: 4
  connection_affinity: "sticky"  # sticky, round_robin, least_loaded
  health_check_interval: 30
  failover_enabled: true
  failover_timeout: 10
`,
  analytics: `
# Advanced connection analytics
analytics:
  enabled: true
  collect_connection_patterns: true
  collect_performance_metrics: true
  enable_predictive_scaling: true
  scaling_prediction_window: 3600
  scaling_cooldown_period: 300
`,
};
