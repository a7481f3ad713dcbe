/** The figures of the process in the text formats that are scraped. */

import { memory, type ProcessWatch } from './process-figures.js';

/** A metric of the process; the engine's own are in its table. */
interface ProcessMetric {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  /** Its values, each with the text of its labels. */
  readonly read: (watch: ProcessWatch) => Iterable<readonly [labels: string, value: number]>;
}

/** All of them. */
export const PROCESS_TABLE: readonly ProcessMetric[] = [
  {
    name: 'event_loop_utilization',
    kind: 'gauge',
    help: "The part of the time in which the event loop of the monitor's thread was busy, 0 to 1.",
    read: (watch) => [['', watch.utilization()]],
  },
  {
    name: 'memory_bytes',
    kind: 'gauge',
    help: "Memory of the process; native is what the engine's allocator has committed, touched or not.",
    read: () => {
      const { rss_bytes, heap_used_bytes, external_bytes, native_bytes } = memory();
      return [
        ['{kind="rss"}', rss_bytes],
        ['{kind="heap_used"}', heap_used_bytes],
        ['{kind="external"}', external_bytes],
        ['{kind="native"}', native_bytes],
      ];
    },
  },
  {
    name: 'garbage_collections_total',
    kind: 'counter',
    help: "Collections of the monitor's thread, since the monitor was made.",
    read: (watch) =>
      Object.entries(watch.collections()).map(([kind, { count }]) => [`{kind="${kind}"}`, count]),
  },
  {
    name: 'garbage_collection_seconds_total',
    kind: 'counter',
    help: 'The time that they took.',
    read: (watch) =>
      Object.entries(watch.collections()).map(([kind, { total_ms }]) => [
        `{kind="${kind}"}`,
        total_ms / 1000,
      ]),
  },
];

/** The text of all of them, to stand after the engine's. */
export function processText(watch: ProcessWatch, openMetrics: boolean): string {
  let text = '';
  for (const { name, kind, help, read } of PROCESS_TABLE) {
    // In OpenMetrics a counter's family is without the suffix that its values have.
    const family = openMetrics && kind === 'counter' ? name.replace(/_total$/, '') : name;
    text += `# HELP ${family} ${help}\n# TYPE ${family} ${kind}\n`;
    for (const [labels, value] of read(watch)) text += `${name}${labels} ${value}\n`;
  }
  return openMetrics ? `${text}# EOF\n` : text;
}
