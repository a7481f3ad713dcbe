// Makes docs/configuration.md from the JSON Schema of the configuration.
import { profiles } from '../dist/config/profiles.js';

const ENVIRONMENTS = ['development', 'test', 'staging', 'production'];

/** The page. */
export function documentation(schema) {
  const { properties } = schema;
  const sections = Object.keys(properties).filter((name) => !ENVIRONMENTS.includes(name));
  return `${[
    INTRODUCTION,
    ...sections.map((name) => section(name, properties[name], schema)),
    profileTable(),
  ].join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Generated from src/config by \`npm run config\`; do not edit. -->

Every key of a configuration file, as \`configure('warmline.yaml')\` and \`loadConfig\` of \`warmline/config\` read
it. All of them may be left out.

A *duration* is a number of seconds, or text such as \`250ms\`, \`30s\`, \`5m\`, \`1h\`.

The sections \`${ENVIRONMENTS.join('`, `')}\` take the same keys. The one that \`WARMLINE_ENV\`, else
\`NODE_ENV\`, names is merged over the rest of the file, and environment variables over both:
\`WARMLINE_HTTP_CLIENT__TIMEOUT__CONNECT=5\` is \`http_client.timeout.connect\`, and
\`WARMLINE_PROVIDERS__OPENAI__CONNECTION_POOL__MAX_CONNECTIONS=50\` the provider's own.

In values, \`\${NAME}\` stands for an environment variable, \`\${NAME:-text}\` for one that may be unset or empty, and
\`$\${\` for a plain \`\${\`.

For completion in an editor, begin a file with

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/warmline/config.schema.json
\`\`\``;

function section(name, node, schema) {
  const rows = [...keys([name], node, schema)];
  return `## \`${name}\`

${resolved(node, schema).description}

| key | value | default | |
|---|---|---|---|
${rows.join('\n')}`;
}

/** The rows of a section's keys, and of those below them. */
function* keys(path, node, schema) {
  const bare = resolved(node, schema);
  if (bare.properties === undefined && bare.additionalProperties === undefined) {
    yield row(path, node, schema);
    return;
  }
  const inner = bare.additionalProperties
    ? [['*', bare.additionalProperties]]
    : Object.entries(bare.properties);
  for (const [key, value] of inner) {
    const below = [...path, key];
    if (key === 'connection_pool' && path[0] === 'providers') {
      yield line(
        below,
        'section',
        undefined,
        'The keys of `http_client` but `enabled`, over what it says.',
      );
      continue;
    }
    const forms = [resolved(value, schema), ...alternatives(value, schema)];
    const keyed = forms.find(
      ({ properties, additionalProperties }) => properties ?? additionalProperties,
    );
    if (forms.length > 1 || keyed === undefined) yield row(below, value, schema);
    if (keyed !== undefined) yield* keys(below, keyed, schema);
  }
}

function row(path, node, schema) {
  const { description, default: value } = described(node, schema);
  return line(path, form(node, schema), value, description);
}

function line(path, kind, value, description) {
  const name = path.join('.');
  const [, ...keys] = path;
  const shown = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
  return `| \`${keys.join('.') || name}\` | ${kind} | ${shown} | ${description ?? ''} |`;
}

/** What a value looks like, in words. */
function form(node, schema) {
  const bare = resolved(node, schema);
  const forms = alternatives(node, schema);
  if (isDuration(forms)) return 'duration';
  if (forms.length > 0) return [...new Set(forms.map((each) => form(each, schema)))].join(' or ');
  if (bare.enum !== undefined) return bare.enum.map((word) => `\`${word}\``).join(', ');
  if (bare.const !== undefined) return `\`${bare.const}\``;
  if (bare.type === 'array') return `list of ${plural(form(bare.items, schema))}`;
  if (bare.type === 'object') return 'section';
  if (bare.type === 'integer') return 'whole number';
  return { boolean: '`true`, `false`', string: 'text', number: 'number' }[bare.type];
}

const plural = (words) =>
  ({ section: 'sections', 'whole number': 'whole numbers', text: 'texts' })[words] ?? words;

function isDuration(forms) {
  const patterns = forms.map(({ pattern }) => pattern ?? '');
  return patterns.some((pattern) => pattern.includes('(ms|s|m|h)'));
}

function alternatives(node, schema) {
  return (resolved(node, schema).anyOf ?? []).map((each) => resolved(each, schema));
}

function resolved(node, schema) {
  if (node.$ref === undefined) return node;
  return resolved(schema.$defs[node.$ref.split('/').at(-1)], schema);
}

/** A reference may have words of its own beside it. */
function described(node, schema) {
  return { ...resolved(node, schema), ...node };
}

function profileTable() {
  const rows = Object.entries(profiles).map(([name, { base_url = '', connection_pool }]) => {
    const { pool_limits: limits, timeout, retry } = connection_pool;
    const deadlines = Object.entries(timeout).map(([key, seconds]) => `${key} ${seconds}`);
    return `| \`${name}\` | ${base_url} | ${limits.max_connections}, ${limits.max_keepalive_connections} idle for ${limits.keepalive_expiry} s | ${deadlines.join(', ')} | ${retry.attempts} |`;
  });
  const reasons = new Map();
  for (const [name, profile] of Object.entries(profiles)) {
    for (const reason of profile.reasons) {
      reasons.set(reason, [...(reasons.get(reason) ?? []), `\`${name}\``]);
    }
  }
  const why = Array.from(reasons, ([reason, names]) => `- ${reason} (${names.join(', ')})`);
  return `## Profiles

\`profile\` of a provider lays these numbers below what the file says of it. Durations are seconds.

| profile | address | connections | deadlines | retries |
|---|---|---|---|---|
${rows.join('\n')}

Why:

${why.join('\n')}`;
}
