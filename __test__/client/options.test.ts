import { lookup } from 'node:dns';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { HttpClient, type HttpClientOptions } from 'warmline';
import { selfSigned } from '../servers/certificates.js';

const identity = selfSigned({ name: 'caller' });

const ENDPOINTS = { endpoints: ['https://a.test/v1'] };

const WRONG: [option: string, options: unknown][] = [
  ['options', null],
  ['options', 5],
  ['maxConnections', { maxConnections: 0 }],
  ['maxConnections', { maxConnections: -1 }],
  ['maxConnections', { maxConnections: 1.5 }],
  ['maxConnections', { maxConnections: '10' }],
  ['maxConnections', { maxConnections: Number.POSITIVE_INFINITY }],
  ['maxConnections', { maxConnections: 2 ** 40 }],
  ['maxConnections', { maxConnections: null }],
  ['maxKeepaliveConnections', { maxKeepaliveConnections: -1 }],
  ['maxKeepaliveConnections', { maxKeepaliveConnections: Number.NaN }],
  ['keepaliveExpiry', { keepaliveExpiry: 0 }],
  ['keepaliveExpiry', { keepaliveExpiry: '30s' }],
  ['cleanupInterval', { cleanupInterval: 0 }],
  ['cleanupInterval', { cleanupInterval: '1s' }],
  ['minIdle', { minIdle: -1 }],
  ['minIdle', { minIdle: 1.5 }],
  ['minIdle', { minIdle: '2' }],
  ['minIdle', { minIdle: null }],
  ['minIdle', { minIdle: 101 }],
  ['minIdle', { minIdle: 5, maxKeepaliveConnections: 4 }],
  ['minIdle', { minIdle: 5, maxConnections: 4 }],
  ['healthCheck', { healthCheck: null }],
  ['healthCheck', { healthCheck: false }],
  ['healthCheck.interval', { healthCheck: { interval: 0 } }],
  ['healthCheck.timeout', { healthCheck: { timeout: '5s' } }],
  ['healthCheck.unhealthyThreshold', { healthCheck: { unhealthyThreshold: 0 } }],
  ['healthCheck.unhealthyThreshold', { healthCheck: { unhealthyThreshold: 2.5 } }],
  ['healthCheck.threshold', { healthCheck: { threshold: 3 } }],
  ['timeout', { timeout: 0 }],
  ['timeout', { timeout: -5 }],
  ['timeout', { timeout: Number.NaN }],
  ['timeout', { timeout: null }],
  ['timeout', { timeout: '1s' }],
  ['timeout.connect', { timeout: { connect: 0 } }],
  ['timeout.firstByte', { timeout: { firstByte: 'x' } }],
  ['timeout.idle', { timeout: { idle: -1 } }],
  ['timeout.total', { timeout: { total: null } }],
  ['timeout.pool', { timeout: { pool: {} } }],
  ['timeout.read', { timeout: { read: 5 } }],
  ['connectTimeout', { connectTimeout: 0 }],
  ['tls', { tls: null }],
  ['tls', { tls: 'pem' }],
  ['tls.ca', { tls: { ca: 5 } }],
  ['tls.ca', { tls: { ca: [5] } }],
  ['tls.ciphers', { tls: { ciphers: 'x' } }],
  ['tls.key', { tls: { cert: 'PEM' } }],
  ['tls.cert', { tls: { key: 'PEM' } }],
  ['tls.cert', { tls: { cert: 5, key: identity.key } }],
  ['tls.key', { tls: { cert: identity.cert, key: 'PEM' } }],
  ['tls.key', { tls: { cert: identity.cert, key: null } }],
  ['tls.passphrase', { tls: { ...identity, passphrase: 5 } }],
  ['tls.minVersion', { tls: { minVersion: 'TLSv1.1' } }],
  ['tls.minVersion', { tls: { minVersion: 1.3 } }],
  ['tls.servername', { tls: { servername: '' } }],
  ['tls.servername', { tls: { servername: 5 } }],
  ['tls.pins', { tls: { pins: 'sha256/short' } }],
  ['tls.pins', { tls: { pins: [5] } }],
  ['tls.rejectUnauthorized', { tls: { rejectUnauthorized: 0 } }],
  ['proxy', { proxy: 5 }],
  ['proxy', { proxy: true }],
  ['proxy', { proxy: null }],
  ['proxy', { proxy: '' }],
  ['proxy', { proxy: 'socks4://127.0.0.1' }],
  ['proxy', { proxy: new URL('ftp://127.0.0.1') }],
  ['proxy', { proxy: 'http://127.0.0.1:3128', socketPath: '/run/model.sock' }],
  ['dns', { dns: null }],
  ['dns', { dns: 'localhost' }],
  ['dns.servers', { dns: { servers: ['127.0.0.1'] } }],
  ['dns.hosts', { dns: { hosts: 5 } }],
  ['dns.hosts', { dns: { hosts: null } }],
  ['dns.hosts', { dns: { hosts: { 'http://a.test': '127.0.0.1' } } }],
  ['dns.hosts', { dns: { hosts: { 'a.test:80': '127.0.0.1' } } }],
  ['dns.hosts', { dns: { hosts: { '127.0.0.1': '127.0.0.2' } } }],
  ['dns.hosts', { dns: { hosts: { '': '127.0.0.1' } } }],
  ['dns.hosts[a.test]', { dns: { hosts: { 'a.test': 'b.test' } } }],
  ['dns.hosts[a.test]', { dns: { hosts: { 'a.test': ['127.0.0.1', 5] } } }],
  ['dns.hosts[a.test]', { dns: { hosts: { 'a.test': [] } } }],
  ['dns.hosts[a.test]', { dns: { hosts: { 'a.test': 'fe80::1%eth0' } } }],
  ['dns.ttl', { dns: { ttl: -1 } }],
  ['dns.ttl', { dns: { ttl: '30s' } }],
  ['dns.negativeTtl', { dns: { negativeTtl: Number.NaN } }],
  ['dns.staleTtl', { dns: { staleTtl: null } }],
  ['dns.lookup', { dns: { lookup: 'system' } }],
  ['socketPath', { socketPath: '' }],
  ['socketPath', { socketPath: 5 }],
  ['socketPath', { socketPath: 'a\0b' }],
  ['socketPath', { socketPath: '/long'.repeat(50) }],
  ['localAddress', { localAddress: 'localhost' }],
  ['localAddress', { localAddress: '' }],
  ['localAddress', { localAddress: 'fe80::1%eth0' }],
  ['localAddress', { localAddress: 5 }],
  ['tcpKeepalive', { tcpKeepalive: 0 }],
  ['tcpKeepalive', { tcpKeepalive: -1 }],
  ['tcpKeepalive', { tcpKeepalive: true }],
  ['tcpKeepalive', { tcpKeepalive: '45s' }],
  ['endpoints', { endpoints: 'https://a.test' }],
  ['endpoints', { endpoints: [] }],
  ['endpoints', { endpoints: null }],
  ['endpoints[0]', { endpoints: ['a.test'] }],
  ['endpoints[0]', { endpoints: ['ftp://a.test'] }],
  ['endpoints[0]', { endpoints: ['https://a.test/?key=1'] }],
  ['endpoints[0]', { endpoints: ['https://a.test/#part'] }],
  ['endpoints[0]', { endpoints: [5] }],
  ['endpoints[1]', { endpoints: ['https://a.test', 'https://A.test:443/'] }],
  ['endpoints[0].url', { endpoints: [{ weight: 1 }] }],
  ['endpoints[0].weight', { endpoints: [{ url: 'https://a.test', weight: 0 }] }],
  ['endpoints[0].weight', { endpoints: [{ url: 'https://a.test', weight: 1.5 }] }],
  ['endpoints[0].weight', { endpoints: [{ url: 'https://a.test', weight: 65_536 }] }],
  ['endpoints[0].wight', { endpoints: [{ url: 'https://a.test', wight: 2 }] }],
  ['balance', { endpoints: ['https://a.test'], balance: 'random' }],
  ['balance', { balance: 'sticky' }],
  ['failover', { failover: true }],
  ['activeChecks', { activeChecks: true }],
  ['activeChecks', { activeChecks: 5, ...ENDPOINTS }],
  ['activeChecks', { activeChecks: null, ...ENDPOINTS }],
  ['activeChecks.every', { activeChecks: { every: 5 }, ...ENDPOINTS }],
  ['activeChecks.interval', { activeChecks: { interval: 0 }, ...ENDPOINTS }],
  ['activeChecks.timeout', { activeChecks: { timeout: '5s' }, ...ENDPOINTS }],
  ['activeChecks.healthyThreshold', { activeChecks: { healthyThreshold: 0 }, ...ENDPOINTS }],
  ['activeChecks.unhealthyThreshold', { activeChecks: { unhealthyThreshold: 1.5 }, ...ENDPOINTS }],
  ['activeChecks.path', { activeChecks: { path: 5 }, ...ENDPOINTS }],
  ['activeChecks.path', { activeChecks: { path: '//b.test/health' }, ...ENDPOINTS }],
  ['activeChecks.path', { activeChecks: { path: 'https://b.test' }, ...ENDPOINTS }],
  ['failover', { endpoints: ['https://a.test'], failover: 5 }],
  ['failover', { endpoints: ['https://a.test'], failover: null }],
  ['failover.failures', { endpoints: ['https://a.test'], failover: { failures: 0 } }],
  ['failover.timeout', { endpoints: ['https://a.test'], failover: { timeout: 0 } }],
  ['failover.after', { endpoints: ['https://a.test'], failover: { after: 5 } }],
  ['compress', { compress: 'deflate' }],
  ['compress', { compress: true }],
  ['compress', { compress: 'toString' }],
  ['retry', { retry: 3 }],
  ['retry', { retry: true }],
  ['retry', { retry: null }],
  ['retry.tries', { retry: { tries: 3 } }],
  ['retry.attempts', { retry: { attempts: -1 } }],
  ['retry.attempts', { retry: { attempts: 1.5 } }],
  ['retry.backoffFactor', { retry: { backoffFactor: -1 } }],
  ['retry.backoffFactor', { retry: { backoffFactor: '0.5' } }],
  ['retry.backoffMaxDelay', { retry: { backoffMaxDelay: '60s' } }],
  ['retry.statusCodes', { retry: { statusCodes: 503 } }],
  ['retry.statusCodes', { retry: { statusCodes: [200] } }],
  ['retry.statusCodes', { retry: { statusCodes: ['503'] } }],
  ['retry.exceptions', { retry: { exceptions: 'ConnectError' } }],
  ['retry.exceptions', { retry: { exceptions: ['ConectError'] } }],
  ['retry.idempotencyKey', { retry: { idempotencyKey: 'mine' } }],
  ['retry.budget', { retry: { budget: 0.2 } }],
  ['retry.budget.ratio', { retry: { budget: { ratio: 20 } } }],
  ['retry.budget.reserve', { retry: { budget: { reserve: 0.5 } } }],
  ['circuitBreaker', { circuitBreaker: true }],
  ['circuitBreaker', { circuitBreaker: null }],
  ['circuitBreaker.threshold', { circuitBreaker: { threshold: 5 } }],
  ['circuitBreaker.failureThreshold', { circuitBreaker: { failureThreshold: 0 } }],
  ['circuitBreaker.recoveryTimeout', { circuitBreaker: { recoveryTimeout: 0 } }],
  ['circuitBreaker.failureRate', { circuitBreaker: { failureRate: 50 } }],
  ['circuitBreaker.failureRate', { circuitBreaker: { failureRate: 0 } }],
  ['circuitBreaker.minimumRequests', { circuitBreaker: { minimumRequests: 0 } }],
  ['circuitBreaker.window', { circuitBreaker: { window: '30s' } }],
  ['circuitBreaker.halfOpenRequests', { circuitBreaker: { halfOpenRequests: 0 } }],
  ['circuitBreaker.monitoringEnabled', { circuitBreaker: { monitoringEnabled: 'yes' } }],
  ['cooldown', { cooldown: true }],
  ['cooldown.maxDelay', { cooldown: { maxDelay: 0 } }],
  ['cooldown.longest', { cooldown: { longest: 5 } }],
  ['hedge', { hedge: true }],
  ['hedge.delay', { hedge: {} }],
  ['hedge.delay', { hedge: { delay: 0 } }],
  ['hedge.quantile', { hedge: { quantile: 1 } }],
  ['hedge.quantile', { hedge: { delay: 5, quantile: 0 } }],
  ['writeTimeout', { writeTimeout: 0 }],
  ['hedge.ratio', { hedge: { delay: 5, ratio: 2 } }],
  ['hedge.reserve', { hedge: { delay: 5, reserve: -1 } }],
  ['http2', { http2: 'always' }],
  ['http2', { http2: true }],
  ['http2', { http2: null }],
  ['decompress', { decompress: 250 }],
  ['decompress.maxRatio', { decompress: { maxRatio: 0 } }],
  ['decompress.maxBytes', { decompress: { maxBytes: '4GiB' } }],
  ['decompress.ratio', { decompress: { ratio: 250 } }],
  ['rateLimit', { rateLimit: 5 }],
  ['rateLimit.requestsPerMinute', { rateLimit: { requestsPerMinute: 0 } }],
  ['rateLimit.tokensPerMinute', { rateLimit: { tokensPerMinute: '5' } }],
  ['rateLimit.concurrentRequests', { rateLimit: { concurrentRequests: 1.5 } }],
  ['rateLimit.window', { rateLimit: { window: -1 } }],
  ['rateLimit.followHeaders', { rateLimit: { followHeaders: 'yes' } }],
  ['rateLimit.mode', { rateLimit: { mode: 'drop' } }],
  ['rateLimit.maxWait', { rateLimit: { maxWait: 0 } }],
  ['rateLimit.requests', { rateLimit: { requests: 5 } }],
  ['health', { health: 'on' }],
  ['health.unhealthyThreshold', { health: { unhealthyThreshold: 0 } }],
  ['health.window', { health: { window: '60s' } }],
  ['health.degradedBelow', { health: { degradedBelow: 90 } }],
  ['health.degradedAbove', { health: { degradedAbove: 0 } }],
  ['health.above', { health: { above: 5 } }],
  ['analytics', { analytics: 1 }],
  ['analytics.all', { analytics: { all: true } }],
  ['scaling', { scaling: 'up' }],
  ['scaling.cooldownPeriod', { scaling: { cooldownPeriod: 0 } }],
  ['scaling.predictive', { scaling: { predictive: 1 } }],
  ['scaling.predictionWindow', { scaling: { predictionWindow: '5m' } }],
  ['scaling.steps', { scaling: { steps: 3 } }],
  ['maxConnection', { maxConnection: 5 }],
  ['maxConnections', { maxConnections: Object.create(null) }],
  ['maxConnections', { maxConnections: Symbol('many') }],
];

/** Values that may be secrets: errors name them and do not show them. */
const SECRET = /^(tls\.(ca|cert|key|passphrase)|proxy)$/;

/** The value of the option at this path. */
const valueAt = (options: unknown, path: string): unknown =>
  path === 'options'
    ? options
    : path.split('.').reduce((value, name) => Object(value)[name] as unknown, options);

describe('a client refuses', () => {
  it.each(WRONG)('by its name, its value and what is allowed: %s in %o', (option, options) => {
    const construct = () => new HttpClient(options as HttpClientOptions);
    let error: unknown;
    try {
      construct();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    const { message } = error as TypeError;
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(message.startsWith(`${option} `), message).toBe(true);
    expect(message).toMatch(/ (must be .|is unknown; there are )/);
    const value = option.includes('[') ? undefined : valueAt(options, option);
    const shows = !SECRET.test(option) && !message.includes('unknown') && value !== undefined;
    // However it is quoted, and cut where it is long.
    const text = inspect(value).replace(/^'/, '').slice(0, 40).replace(/'$/, '');
    if (shows && Object(value) !== value) expect(message).toContain(text);
  });

  it('something of every option that it has', () => {
    const misspelt = { maxConnection: 5 } as HttpClientOptions;
    let message = '';
    try {
      new HttpClient(misspelt);
    } catch (error) {
      message = (error as TypeError).message;
    }
    const known = message.replace(/^.*; there are /, '').split(', ');
    expect(known).toContain('maxConnections');
    const refused = new Set(WRONG.map(([option]) => option.split(/[.[]/)[0]));
    expect(known.filter((name) => !refused.has(name))).toEqual([]);
  });

  it('without showing what may be a secret', () => {
    for (const tls of [{ cert: 'hunter2' }, { cert: 'hunter2', key: 'hunter2' }]) {
      const construct = () => new HttpClient({ tls: { ...tls, passphrase: 'hunter2' } });
      expect(construct).toThrow(TypeError);
      expect(construct).not.toThrow(/hunter2/);
    }
    const endpoints = ['https://mallory:hunter2@a.test'];
    expect(() => new HttpClient({ endpoints })).toThrow(/^endpoints\[0\] must be /);
    expect(() => new HttpClient({ endpoints })).not.toThrow(/hunter2|mallory/);
    const construct = () => new HttpClient({ proxy: 'gopher://mallory:hunter2@127.0.0.1' });
    expect(construct).toThrow(/^proxy must be /);
    expect(construct).not.toThrow(/hunter2|mallory/);
  });

  it.each([
    ['certificates that are none', 'WARMLINE_CA', { ca: 'nonsense' }],
    [
      'a key of another certificate',
      'WARMLINE_TLS_IDENTITY',
      { cert: identity.cert, key: selfSigned({ name: 'other' }).key },
    ],
    ['a server name that is none', 'WARMLINE_TLS_SERVERNAME', { servername: 'no name' }],
  ])('%s', (_, code, tls) => {
    const construct = () => new HttpClient({ tls });
    expect(construct).toThrow(expect.objectContaining({ name: 'WarmlineError', code }));
    expect(construct).toThrow(/^tls\.(ca|key|servername) must /);
  });

  it.each([
    [0, 1],
    [1, -1],
    [1.5, 1],
    [1, Number.NaN],
    ['5', 1],
  ])('new limits of %j and %j', async (maxConnections, maxKeepaliveConnections) => {
    await using client = new HttpClient();
    const update = () =>
      client.updatePoolLimits(maxConnections as number, maxKeepaliveConnections as number);
    expect(update).toThrow(TypeError);
    expect(update).toThrow(/^max(Keepalive)?Connections /);
    expect(client.getPoolMetrics()).toMatchObject({
      maxConnections: 1000,
      maxKeepaliveConnections: 100,
    });
  });
});

describe('a client takes', () => {
  it('nothing, and has the defaults of the reference', async () => {
    await using client = new HttpClient();
    expect(client.getPoolMetrics()).toEqual({
      maxConnections: 1000,
      maxKeepaliveConnections: 100,
      connectionsActive: 0,
      connectionsIdle: 0,
      connectionsTotal: 0,
      connectionsPending: 0,
      connectionsCreatedTotal: 0,
      connectionsClosedTotal: 0,
      connectionErrorsTotal: 0,
      connectionTimeoutsTotal: 0,
      poolUtilizationPercent: 0,
      reuseRate: 0,
      activeConnections: 0,
      availableConnections: 0,
      pendingRequests: 0,
      totalRequests: 0,
      errorCount: 0,
      avgResponseTimeMs: 0,
      avgConnectionTimeMs: 0,
    });
  });

  it('every option, and undefined for any of them', async () => {
    const options = {
      maxConnections: 5,
      maxKeepaliveConnections: 0,
      keepaliveExpiry: 10.5,
      timeout: { connect: 1, firstByte: 2, idle: 3, total: 4, pool: 5 },
      connectTimeout: Number.POSITIVE_INFINITY,
      dns: { hosts: {}, ttl: 0, negativeTtl: 0.5, staleTtl: Number.POSITIVE_INFINITY, lookup },
      localAddress: '127.0.0.1',
      tcpKeepalive: 10_000,
      tls: { ca: [] },
      proxy: false as const,
    };
    await using client = new HttpClient(options);
    expect(client.getPoolMetrics()).toMatchObject({
      maxConnections: 5,
      maxKeepaliveConnections: 0,
    });
    for (const name of Object.keys(options)) {
      await using other = new HttpClient({ [name]: undefined });
      expect(other.getPoolMetrics()).toMatchObject({ maxConnections: 1000 });
    }
  });
});
