import type { RequestTimings } from '../native/facts.js';

/** The phases by the names that they go by in a browser's tools. */
const PHASES: readonly [keyof RequestTimings, name: string, description: string][] = [
  ['queue', 'queue', 'Wait for a connection'],
  ['dns', 'dns', 'Name look-up'],
  ['connect', 'connect', 'TCP'],
  ['tls', 'tls', 'TLS'],
  ['send', 'send', 'Request'],
  ['firstByte', 'ttfb', 'Time to first byte'],
  ['total', 'total', 'Whole exchange'],
];

/**
 * The `Server-Timing` header (W3C Server Timing) by which a gateway's client sees where the time upstream went, in
 * milliseconds: `queue;dur=0.4;desc="Wait for a connection", …`. Phases that took none are left out.
 *
 * @param timings those of a response.
 *
 * @example
 * ```ts
 * import { HttpClient } from 'warmline'
 * import { serverTiming } from 'warmline/monitor'
 *
 * const response = await new HttpClient().request('GET', 'https://example.com')
 * const headers = { 'server-timing': serverTiming(response.timings) }
 * ```
 */
export function serverTiming(timings: RequestTimings): string {
  const taken = PHASES.filter(([phase]) => (timings[phase] ?? 0) > 0);
  return taken
    .map(([phase, name, description]) => `${name};dur=${timings[phase]};desc="${description}"`)
    .join(', ');
}
