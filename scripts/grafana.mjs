// `npm run grafana` writes the Grafana dashboard and the Prometheus rules of examples/monitoring from the table of
// metrics that the engine itself reports by; with --check it only compares. Build before.
import { metricsTable } from '../dist/figures/figures.js';
import { PROCESS_TABLE } from '../dist/monitor/process-text.js';
import { generated } from './generated.mjs';
import { alerts, rows } from './grafana-panels.mjs';

const COMMAND = 'npm run grafana';
const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };
/** Of Grafana's grid, which is 24 wide. */
const WIDTH = 24;
const HEIGHT = 8;

const known = new Map([...metricsTable(), ...PROCESS_TABLE].map((metric) => [metric.name, metric]));

/** The metrics that an expression names, each of which there must be. */
function metricsOf(expression) {
  // Without what stands in braces and quotes; functions and words of PromQL are followed by a parenthesis.
  const bare = expression.replaceAll(/\{[^}]*\}|"[^"]*"|\[[^\]]*\]/g, ' ');
  const names = [...bare.matchAll(/[a-z_][a-z0-9_]*/g)].map(([name]) => name);
  const metrics = names.filter((name) => /_/.test(name) && name !== 'histogram_quantile');
  return metrics.map((name) => {
    const metric = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/, ''));
    if (metric === undefined) throw new Error(`${expression} names ${name}, which is no metric`);
    return metric;
  });
}

/** What people read of a panel: the sentence that the table has on each of its metrics. */
function describe(expressions) {
  const metrics = new Map(expressions.flatMap(metricsOf).map((metric) => [metric.name, metric]));
  return [...metrics.values()].map(({ name, help }) => `${name}: ${help}`).join('\n');
}

function panel({ title, type = 'timeseries', unit, thresholds, timeFrom, queries }, id, gridPos) {
  const expressions = queries.map(([expression]) => expression);
  const steps = thresholds?.map(([color, value]) => ({ color, value })) ?? [
    { color: 'green', value: null },
  ];
  return {
    id,
    title,
    type,
    description: describe(expressions),
    datasource: DATASOURCE,
    gridPos,
    ...(timeFrom === undefined ? {} : { timeFrom }),
    fieldConfig: {
      defaults: {
        ...(unit === undefined ? {} : { unit }),
        ...(unit === 'percent' ? { min: 0, max: 100 } : {}),
        thresholds: { mode: 'absolute', steps },
      },
      overrides: [],
    },
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}

function dashboard() {
  let id = 0;
  const panels = rows.flatMap((row, line) =>
    row.map((described, at) => {
      const w = WIDTH / row.length;
      id += 1;
      return panel(described, id, { x: at * w, y: line * HEIGHT, w, h: HEIGHT });
    }),
  );
  return {
    uid: 'warmline',
    title: 'warmline',
    tags: ['warmline'],
    timezone: 'browser',
    schemaVersion: 39,
    refresh: '5s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [] },
    panels,
  };
}

/** YAML, of which JSON strings are a part. */
function rules() {
  const lines = ['groups:', '  - name: warmline', '    rules:'];
  for (const { alert, expr, for: held, severity, summary } of alerts) {
    metricsOf(expr);
    lines.push(`      - alert: ${alert}`, `        expr: ${JSON.stringify(expr)}`);
    if (held !== undefined) lines.push(`        for: ${held}`);
    lines.push('        labels:', `          severity: ${severity}`, '        annotations:');
    lines.push(`          summary: ${JSON.stringify(summary)}`);
    lines.push(`          description: ${JSON.stringify(describe([expr]).replaceAll('\n', ' '))}`);
  }
  return `${lines.join('\n')}\n`;
}

const json = `${JSON.stringify(dashboard(), null, 2)}\n`;
generated('examples/monitoring/grafana/warmline.json', json, COMMAND);
generated('examples/monitoring/rules.yml', rules(), COMMAND);
