/** What is scraped, as values: for registries of others. */

import type { NamedClient } from '../figures/figures.js';
import { readText } from '../figures/figures.js';

/** One value of a metric. */
export interface ScrapedValue {
  /** The metric's, with `_bucket`, `_sum` or `_count` for a histogram's parts. */
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric. */
export interface ScrapedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly values: ScrapedValue[];
}

const HEAD = /^# (HELP|TYPE) (\S+) (.*)$/;
const VALUE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

/** The figures of some clients now. */
export async function readSamples(clients: readonly NamedClient[]): Promise<ScrapedMetric[]> {
  const text = (await readText(clients, false)).toString();
  const metrics: ScrapedMetric[] = [];
  let help = '';
  for (const line of text.split('\n')) {
    const [, keyword, name, rest] = HEAD.exec(line) ?? [];
    if (keyword === 'HELP') {
      help = `${rest}`;
    } else if (keyword === 'TYPE') {
      metrics.push({ name: `${name}`, help, type: rest as ScrapedMetric['type'], values: [] });
    } else {
      const value = sampleOf(line);
      if (value !== undefined) metrics.at(-1)?.values.push(value);
    }
  }
  return metrics;
}

function sampleOf(line: string): ScrapedValue | undefined {
  const [, metricName, labels = '', value] = VALUE.exec(line) ?? [];
  if (metricName === undefined) return undefined;
  const pairs = [...labels.matchAll(LABEL)].map(([, name, text]) => [name, unescaped(`${text}`)]);
  return {
    metricName,
    labels: Object.fromEntries(pairs),
    value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
  };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
}
