// biome-ignore-all lint/suspicious/noTemplateCurlyInString: YAML has variables of its own.
import { describe, expect, it } from 'vitest';
import { type Config, loadConfig, profiles, validateConfig } from 'warmline/config';
import { temporary } from './temporary.js';

function read(yaml: string, env: Record<string, string> = {}): Config {
  const { config, issues } = validateConfig(yaml, { env });
  expect(issues).toEqual([]);
  return config as Config;
}

const YAML = `
http_client:
  pool_limits: { max_connections: 200, max_keepalive_connections: 50 }
  timeout: { total: 30, connect: 10 }
production:
  http_client: { max_connections: 500, timeout: 25 }
development:
  http_client: { connect_timeout: 60 }
  providers:
    openai: { base_url: "http://127.0.0.1:9" }
providers:
  openai:
    connection_pool: { max_connections: 20 }
`;

describe('an environment', () => {
  it.each([
    ['none', {}, undefined],
    ['an unknown NODE_ENV', { NODE_ENV: 'qa' }, undefined],
    ['NODE_ENV', { NODE_ENV: 'production' }, 'production'],
    ['WARMLINE_ENV before NODE_ENV', { NODE_ENV: 'production', WARMLINE_ENV: 'test' }, 'test'],
    ['an empty WARMLINE_ENV', { NODE_ENV: 'production', WARMLINE_ENV: '' }, 'production'],
  ])('is chosen by %s', (_, env, environment) => {
    expect(read(YAML, env).environment).toBe(environment);
  });

  it('is merged over the rest, key by key, by whatever word each of them says it', () => {
    expect(read(YAML).client).toMatchObject({
      maxConnections: 200,
      maxKeepaliveConnections: 50,
      timeout: { total: 30_000 },
      connectTimeout: 10_000,
    });
    expect(read(YAML, { NODE_ENV: 'production' }).client).toEqual({
      ...read(YAML).client,
      maxConnections: 500,
      timeout: { total: 25_000 },
    });
    const development = read(YAML, { NODE_ENV: 'development' });
    expect(development.client).toEqual({ ...read(YAML).client, connectTimeout: 60_000 });
    expect(development.providers['openai']).toMatchObject({
      baseUrls: ['http://127.0.0.1:9'],
      client: { maxConnections: 20, connectTimeout: 60_000 },
    });
  });
});

describe('an environment variable', () => {
  it('goes before the file and its environment', () => {
    const env = {
      NODE_ENV: 'production',
      WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT: '5',
      WARMLINE_HTTP_CLIENT__MAX_CONNECTIONS: '7',
      WARMLINE_HTTP_CLIENT__TIMEOUT__IDLE: '250ms',
      WARMLINE_HTTP_CLIENT__FEATURES__COMPRESSION: 'false',
    };
    expect(read(YAML, env).client).toMatchObject({
      maxConnections: 7,
      timeout: { total: 25_000, idle: 250 },
      connectTimeout: 5000,
      decompress: false,
    });
  });

  it('reaches a provider, however the file writes its name', () => {
    const yaml = 'providers: { My-Provider: { base_url: "http://127.0.0.1:9" } }';
    const env = {
      WARMLINE_PROVIDERS__MY_PROVIDER__CONNECTION_POOL__MAX_CONNECTIONS: '7',
      WARMLINE_PROVIDERS__VLLM__BASE_URL: 'http://127.0.0.1:8',
    };
    expect(read(yaml, env).providers).toEqual({
      'My-Provider': { baseUrls: ['http://127.0.0.1:9'], client: { maxConnections: 7 } },
      vllm: { baseUrls: ['http://127.0.0.1:8'], client: {} },
    });
  });

  it('is put into values, whose kind is that of what comes out', () => {
    const yaml = `
http_client:
  max_connections: \${MAX}
  keepalive_expiry: \${EXPIRY:-45}
  timeout: "\${TIMEOUT:-250ms}"
  proxy: http://\${HOST}:\${PORT:-3128}
  features: { compression: "\${COMPRESSION}" }
  tls: { passphrase: "$\${MAX}" }
`;
    const env = { MAX: '7', EXPIRY: '', HOST: '127.0.0.1', COMPRESSION: 'false' };
    expect(read(yaml, env).client).toEqual({
      maxConnections: 7,
      keepaliveExpiry: 45_000,
      timeout: { total: 250 },
      proxy: 'http://127.0.0.1:3128',
      decompress: false,
      tls: { passphrase: '${MAX}' },
    });
  });

  it('is text where text is wanted, whatever it looks like', () => {
    const env = { WARMLINE_HTTP_CLIENT__TLS__PASSPHRASE: 'true' };
    const yaml = (value: string) => `http_client: { tls: { passphrase: ${value} } }`;
    expect(read('', env).client.tls?.passphrase).toBe('true');
    expect(
      read('http_client:\n  tls:\n    passphrase: ${DIGITS}\n', { DIGITS: '0123' }).client,
    ).toEqual({
      tls: { passphrase: '0123' },
    });
    expect(validateConfig(yaml('5'), { env: {} }).valid).toBe(false);
  });

  it('puts nothing in but a value', () => {
    const env = { VALUE: 'http://a.test\n  max_connections: 1' };
    expect(read('http_client: { tls: { passphrase: "${VALUE}" } }', env).client).toEqual({
      tls: { passphrase: env.VALUE },
    });
  });
});

describe('a provider', () => {
  it('begins with what the file says of all, then has its profile, then its own', () => {
    const yaml = `
http_client: { keepalive_expiry: 10, features: { compression: false } }
providers:
  openai:
    profile: openai
    connection_pool: { timeout: { idle: 20 } }
`;
    const { providers, client } = read(yaml);
    expect(client).toEqual({ keepaliveExpiry: 10_000, decompress: false });
    expect(providers['openai']).toEqual({
      baseUrls: ['https://api.openai.com'],
      client: {
        maxConnections: 100,
        maxKeepaliveConnections: 30,
        keepaliveExpiry: 300_000,
        timeout: { total: 600_000, firstByte: 600_000, idle: 20_000 },
        connectTimeout: 5000,
        retry: {
          attempts: 2,
          backoffFactor: 0.5,
          backoffMaxDelay: 8000,
          statusCodes: [408, 409, 429, 500, 502, 503, 504],
        },
        decompress: false,
      },
    });
  });

  it.each(Object.entries(profiles))('may have the profile %s', (name, profile) => {
    const { base_url = 'http://127.0.0.1:9' } = profile;
    const { providers } = read(
      `providers: { mine: { profile: ${name}, base_url: "${base_url}" } }`,
    );
    const { connect } = profile.connection_pool.timeout;
    expect(providers['mine']?.client).toMatchObject({ connectTimeout: connect * 1000 });
  });
});

describe('loadConfig', () => {
  it('reads paths in a file as relative to it', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
    await using folder = temporary({
      'ca.pem': pem,
      'warmline.yaml': 'http_client: { tls: { ca_file: ca.pem } }',
    });
    const file = folder.path('warmline.yaml');
    for (const path of [file, new URL(`file://${file}`)]) {
      const { client } = await loadConfig(path, { env: {} });
      expect(client.tls?.ca).toBe(pem);
    }
  });

  it('rejects with what the file system says', async () => {
    await using folder = temporary({});
    await expect(loadConfig(folder.path('none.yaml'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
