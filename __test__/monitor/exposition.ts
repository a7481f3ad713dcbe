/** A strict reader of what is scraped. */

/** A metric family as it stands in an exposition. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly samples: { readonly name: string; readonly labels: string; readonly value: number }[];
}

/** What may follow a family's name in those of its samples. */
const SUFFIXES: Record<string, readonly string[]> = {
  gauge: [''],
  unknown: [''],
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
};
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"/;
const SAMPLE = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{${LABEL.source}(?:,${LABEL.source})*\\})? ([0-9.e+-]+|NaN|\\+Inf)$`,
);

/**
 * Reads OpenMetrics 1.0 as far as a monitor writes it, and throws for everything that the specification
 * forbids of it: samples outside their family, families twice, series twice, buckets that shrink, a missing end.
 */
export function readOpenMetrics(text: string): Family[] {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.pop() !== '# EOF') throw new Error('no # EOF at the end');
  let family: Family | undefined;
  for (const line of lines) {
    const [, keyword, name, rest] = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(name as string)) throw new Error(`${name} twice`);
      family = { name: name as string, type: '', samples: [] };
      families.set(family.name, family);
    } else if (keyword !== undefined) {
      if (family?.name !== name || family === undefined) throw new Error(`out of place: ${line}`);
      if (keyword === 'TYPE') {
        family = { ...family, type: rest as string };
        families.set(family.name, family);
      } else if (!family.name.endsWith(`_${rest}`)) {
        throw new Error(`a unit that the name does not end in: ${line}`);
      }
    } else {
      const [, sample, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (sample === undefined || family === undefined) throw new Error(`no sample: ${line}`);
      const suffixes = SUFFIXES[family.type];
      const { name: of } = family;
      if (!suffixes?.some((suffix) => sample === of + suffix)) throw new Error(`not here: ${line}`);
      if (seen.has(sample + labels)) throw new Error(`twice: ${line}`);
      seen.add(sample + labels);
      family.samples.push({
        name: sample,
        labels,
        value: Number(value?.replace('+Inf', 'Infinity')),
      });
    }
  }
  for (const read of families.values()) if (read.type === 'histogram') checkBuckets(read);
  return [...families.values()];
}

function checkBuckets({ name, samples }: Family): void {
  const last = new Map<string, number>();
  for (const { name: sample, labels, value } of samples) {
    const series = labels.replace(/,?le="[^"]*"/, '');
    if (sample === `${name}_bucket`) {
      if (value < (last.get(series) ?? 0)) throw new Error(`a bucket shrinks: ${labels}`);
      last.set(series, value);
    } else if (sample === `${name}_count` && last.get(series) !== value) {
      throw new Error(`a count that is not the last bucket's: ${labels}`);
    }
  }
}
