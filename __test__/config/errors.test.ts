// biome-ignore-all lint/suspicious/noTemplateCurlyInString: YAML has variables of its own.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigIssue, loadConfig, validateConfig } from 'warmline/config';
import { REFERENCE } from './reference.js';
import { temporary } from './temporary.js';

/** Each issue on one line: place, key, message, suggestion. */
function issuesOf(yaml: string, env: Record<string, string> = {}): string[] {
  return validateConfig(yaml, { env }).issues.map(
    ({ source, line, column, key, message, suggestion }) =>
      `${source}:${line ?? ''}:${column ?? ''} ${key} ${message}${suggestion ? ` -> ${suggestion}` : ''}`,
  );
}

/** The issues of what is refused. */
function faultsOf(yaml: string): readonly ConfigIssue[] {
  const { valid, issues } = validateConfig(yaml, { env: {} });
  expect(valid).toBe(false);
  return issues;
}

describe('what is wrong', () => {
  it('is told all at once, in the order of the file, with line and column', () => {
    const yaml = `http_client:
  max_connections: many
  keepalive_expirey: 30
  timeout:
    connect: soon
    conect: 5
  features:
    http2_enabled: yes
provders: {}
`;
    expect(issuesOf(yaml)).toEqual([
      'warmline.yaml:2:20 http_client.max_connections must be a whole number from 1 to 2147483647, not many',
      'warmline.yaml:3:3 http_client.keepalive_expirey is unknown -> keepalive_expiry',
      'warmline.yaml:5:14 http_client.timeout.connect must be a positive number of seconds, or text such as "250ms", "30s", "5m", not soon',
      'warmline.yaml:6:5 http_client.timeout.conect is unknown -> connect',
      'warmline.yaml:8:20 http_client.features.http2_enabled must be true or false, not yes',
      'warmline.yaml:9:1 provders is unknown -> providers',
    ]);
  });

  it('makes one error that reads by itself', async () => {
    await using folder = temporary({
      'warmline.yaml': 'http_client:\n  keepalive_expirey: 30\n  max_connections: 0\n',
    });
    const file = folder.path('warmline.yaml');
    const error = await loadConfig(file, { env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ name: 'ConfigError', code: 'WARMLINE_CONFIG' });
    expect((error as ConfigError).issues).toHaveLength(2);
    expect((error as ConfigError).message).toBe(
      [
        `${file} has 2 errors`,
        `  ${file}:2:3 http_client.keepalive_expirey is unknown: did you mean keepalive_expiry?`,
        `  ${file}:3:20 http_client.max_connections must be a whole number from 1 to 2147483647, not 0`,
      ].join('\n'),
    );
  });

  it.each([
    ['a duration of nothing', 'http_client: { timeout: 0s }', 'http_client.timeout'],
    ['a negative duration', 'http_client: { timeout: { idle: -1 } }', 'http_client.timeout.idle'],
    ['half a connection', 'http_client: { max_connections: 1.5 }', 'http_client.max_connections'],
    ['a list where a section is', 'http_client: []', 'http_client'],
    ['a number where a section is', 'providers: { openai: 5 }', 'providers.openai'],
    [
      'a status that is none',
      'http_client: { retry: { status_codes: [42] } }',
      'http_client.retry.status_codes.0',
    ],
    ['a scheme that is no proxy', 'http_client: { proxy: "ftp://127.0.0.1" }', 'http_client.proxy'],
    [
      'an affinity that is none',
      'distributed_pool: { connection_affinity: random }',
      'distributed_pool.connection_affinity',
    ],
    ['an alert without a name', 'alerts: [{ condition: a > 1, severity: info }]', 'alerts.0.name'],
    ['a provider nobody knows', 'providers: { acme: {} }', 'providers.acme'],
    [
      'a provider that is twice somewhere',
      'providers: { openai: { base_url: "https://a.test", endpoints: ["https://b.test"] } }',
      'providers.openai',
    ],
    [
      'a base URL with a query',
      'providers: { openai: { base_url: "https://a.test/?key=1" } }',
      'providers.openai.base_url',
    ],
    ['a missing certificate', 'http_client: { tls: { ca_file: nowhere.pem } }', 'http_client'],
    [
      'half of an identity',
      'http_client: { tls: { passphrase: a, key_file: /dev/null } }',
      'http_client',
    ],
    [
      'an environment in an environment',
      'production: { development: {} }',
      'production.development',
    ],
  ])('is told of %s', (_, yaml, key) => {
    const issues = faultsOf(yaml);
    expect(issues.map((issue) => issue.key)).toEqual([key]);
    expect(issues[0]).toMatchObject({ line: 1, source: 'warmline.yaml' });
  });

  it('is told of environments that are not the chosen one', () => {
    const yaml = 'development:\n  http_client: { max_connections: 0 }\n';
    const [issue] = validateConfig(yaml, { env: { NODE_ENV: 'production' } }).issues;
    expect(issue).toMatchObject({ key: 'development.http_client.max_connections', line: 2 });
  });

  it('is told where the two words for one thing disagree', () => {
    const yaml = `http_client:
  max_connections: 100
  pool_limits:
    max_connections: 200
`;
    expect(issuesOf(yaml)).toEqual([
      'warmline.yaml:2:20 http_client.max_connections is another word for pool_limits.max_connections, which says something else',
    ]);
    expect(issuesOf(yaml.replace('200', '100'))).toEqual([]);
  });

  it('finds the nearest key by its letters, whatever their case and hyphens', () => {
    const suggestion = (key: string) =>
      validateConfig(`http_client: { ${key}: 1 }`, { env: {} }).issues[0]?.suggestion;
    expect(suggestion('keepaliveExpiry')).toBe('keepalive_expiry');
    expect(suggestion('max-connections')).toBe('max_connections');
    expect(suggestion('porxy')).toBe('proxy');
    expect(suggestion('colour')).toBe(undefined);
  });
});

describe('YAML that is none', () => {
  it.each([
    ['a bracket that is not closed', 'http_client: { timeout: 5\n', 'is not valid YAML'],
    ['a tab for indentation', 'http_client:\n\ttimeout: 5\n', 'is not valid YAML'],
    [
      'a key that is there twice',
      'http_client:\n  timeout: 5\n  timeout: 6\n',
      'Map keys must be unique',
    ],
    ['two documents', 'http_client: {}\n---\nhttp_client: {}\n', 'is not valid YAML'],
    ['an alias to nothing', 'http_client: *base\n', 'is not valid YAML'],
    ['a tag that nobody knows', 'http_client: !secret a\n', 'is not valid YAML'],
    ['a list', '- http_client\n', 'must be a section'],
    ['a word', 'http_client\n', 'must be a section'],
  ])('is refused: %s', (_, yaml, message) => {
    const issues = faultsOf(yaml);
    expect(issues[0]?.message).toContain(message);
  });

  it('does not run away with its aliases', () => {
    const lines = ['a0: &a0 [x]'];
    for (let i = 1; i < 30; i++) lines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
    expect(validateConfig(lines.join('\n'), { env: {} }).valid).toBe(false);
  });

  it('may be empty, or have keys without values', () => {
    for (const yaml of ['', '# nothing\n', 'http_client:\n', 'http_client:\n  timeout:\n']) {
      expect(validateConfig(yaml, { env: {} }).issues).toEqual([]);
    }
  });

  it('may have anchors and merge keys, whose faults have their places, too', () => {
    const yaml = `production:
  http_client: &strict
    max_connections: 5
    timeout: { total: never }
staging:
  http_client:
    <<: *strict
    max_connections: 0
`;
    expect(issuesOf(yaml).map((line) => line.split(' ')[0])).toEqual([
      'warmline.yaml:4:23',
      'warmline.yaml:4:23',
      'warmline.yaml:8:22',
    ]);
  });
});

describe('variables', () => {
  it('that are not set are told of, where they are used', () => {
    const yaml = 'http_client:\n  proxy: ${PROXY}\n  max_connections: ${MAX:-5}\n';
    expect(issuesOf(yaml)).toEqual([
      'warmline.yaml:2:10  ${PROXY} is not set, and has no default (${PROXY:-...})',
    ]);
  });

  it('that stand in for keys are checked as keys are', () => {
    const env = {
      WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT: 'soon',
      WARMLINE_HTTP_CLIENT__KEEPALIVE_EXPIREY: '5',
      WARMLINE_HTP_CLIENT__TIMEOUT: '5',
      WARMLINE_DEBUG: '1',
    };
    expect(issuesOf('', env)).toEqual([
      'WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT:: http_client.timeout.connect must be a positive number of seconds, or text such as "250ms", "30s", "5m", not soon',
      'WARMLINE_HTTP_CLIENT__KEEPALIVE_EXPIREY:: http_client.keepalive_expirey is unknown -> keepalive_expiry',
      'WARMLINE_HTP_CLIENT__TIMEOUT:: htp_client is unknown -> http_client',
    ]);
  });

  it('name an environment that there is', () => {
    expect(issuesOf('', { WARMLINE_ENV: 'prod' })).toEqual([
      'WARMLINE_ENV::  must be one of development, test, staging, production, not prod',
    ]);
    expect(issuesOf('', { NODE_ENV: 'prod' })).toEqual([]);
  });
});

describe('a secret', () => {
  const SECRET = 'hunter2';
  const yaml = `
http_client:
  proxy: \${PROXY}
  tls: { passphrase: ${SECRET} }
providers:
  mine:
    base_url: http://127.0.0.1:9
    connection_pool: { proxy: "http://mallory:${SECRET}@127.0.0.1:3128" }
`;
  const env = { PROXY: `http://mallory:${SECRET}@127.0.0.1:3128` };

  it('is in the options and in no print of them', () => {
    const { config } = validateConfig(yaml, { env });
    expect(config?.client.proxy).toContain(SECRET);
    expect(config?.client.tls?.passphrase).toBe(SECRET);
    const { client, providers } = config ?? {};
    const { fleet } =
      validateConfig(
        `distributed_pool: { enabled: true, redis_url: "redis://:${SECRET}@127.0.0.1" }`,
      ).config ?? {};
    expect(fleet?.redisUrl).toContain(SECRET);
    const mine = providers?.['mine']?.client;
    for (const part of [config, client, client?.tls, providers, mine, fleet]) {
      const prints = [inspect(part, { depth: 9 }), JSON.stringify(part), JSON.stringify([part])];
      for (const print of prints) {
        expect(print).not.toContain(SECRET);
        expect(print).toContain('[redacted]');
      }
    }
  });

  it('is in no error', () => {
    const wrong = [
      `http_client: { proxy: "gopher://mallory:${SECRET}@127.0.0.1" }`,
      `http_client: { tls: { passphrase: [${SECRET}] } }`,
      `http_client: { max_connections: "\${TOKEN}" }`,
      `distributed_pool: { redis_url: "postgres://mallory:${SECRET}@127.0.0.1" }`,
      `providers: { openai: { base_url: "https://mallory:${SECRET}@a.test" } }`,
    ];
    for (const each of wrong) {
      const { valid, issues } = validateConfig(each, { env: { TOKEN: SECRET } });
      expect(valid, each).toBe(false);
      expect(JSON.stringify(issues)).not.toContain(SECRET);
    }
    const overrides = { WARMLINE_HTTP_CLIENT__PROXY: `gopher://mallory:${SECRET}@127.0.0.1` };
    const { valid, issues } = validateConfig('', { env: overrides });
    expect(valid).toBe(false);
    expect(JSON.stringify(issues)).not.toContain(SECRET);
  });
});

it.each(Object.entries(REFERENCE))('the reference guide is understood: %s', (_, yaml) => {
  for (const NODE_ENV of ['development', 'production', 'test']) {
    expect(validateConfig(yaml, { env: { NODE_ENV } }).issues).toEqual([]);
  }
});
