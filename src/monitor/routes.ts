/** What a monitor answers, by path. */

import type { Alerts } from '../alerts/alerts.js';
import { type NamedClient, readText } from '../figures/figures.js';
import type { Sampler } from '../figures/sampler.js';
import { ask } from '../native/answer.js';
import { engine } from '../native/link.js';
import { binding, isNativeAvailable } from '../native/load.js';
import type { Wanted } from './access.js';
import { type Answer, json, text } from './answers.js';
import { drain, resetBreaker, resize } from './controls.js';
import { dashboard } from './dashboard.js';
import {
  breakerCheck,
  type Check,
  checks,
  poolCheck,
  providerChecks,
  type Status,
  worst,
} from './health.js';
import type { Live } from './live.js';
import { memory, type ProcessWatch } from './process-figures.js';
import { processText } from './process-text.js';
import type { Question } from './questions.js';

/** What the answers are made from. */
export interface Sources {
  readonly clients: readonly NamedClient[];
  readonly sampler: Sampler;
  readonly watch: ProcessWatch;
  readonly alerts: Alerts;
  readonly live: Live;
}

/** One path's answer. */
export interface Route {
  readonly answer: (sources: Sources, question: Question) => Promise<Answer> | Answer;
  /** It tells more than figures, or changes something. */
  readonly wants?: Wanted;
  /** Everybody may ask, token or not: it tells nothing but that somebody is here. */
  readonly open?: true;
}

/** How long each connection may take that is opened to measure how far away an origin is. */
const LATENCY_TIMEOUT = 5000;

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const VARY = 'accept, accept-encoding';

/** All of them. Paths are exact, so that a map is all the routing there is. */
export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', { answer: dashboard, open: true }],
  ['/api/live', { answer: ({ live }) => live.answer() }],
  ['/api/alerts', { answer: ({ alerts }) => json({ alerts: alerts.firing() }) }],
  ['/api/http-client/pool/stats', { answer: poolStats }],
  ['/api/http-client/analytics', { answer: analytics }],
  ['/api/control/resize', { answer: resize, wants: 'control' }],
  ['/api/control/drain', { answer: drain, wants: 'control' }],
  ['/api/control/reset-breaker', { answer: resetBreaker, wants: 'control' }],
  ['/health', { answer: health }],
  ['/health/live', { answer: () => json({ status: 'healthy' }), open: true }],
  ['/health/ready', { answer: ready, open: true }],
  ['/health/connections', { answer: connections }],
  ['/health/providers', { answer: providers }],
  ['/health/circuit-breaker', { answer: breakers }],
  ['/metrics', { answer: metrics }],
  ['/metrics/prometheus', { answer: scrape }],
  ['/debug/network/latency', { answer: latency, wants: 'debug' }],
  ['/debug/memory/pool', { answer: poolMemory, wants: 'debug' }],
  ['/debug/memory/gc', { answer: collections, wants: 'debug' }],
]);

async function poolStats({ sampler }: Sources): Promise<Answer> {
  const { all, pools } = (await sampler.read()).figures;
  return json({ ...all, pools });
}

async function health(sources: Sources): Promise<Answer> {
  const { sampler, watch } = sources;
  const { figures } = await sampler.read();
  const found = checks(figures, sampler.history, watch);
  // A provider that is ill is no reason to end this process.
  const upstream = worst(Object.values(providerChecks(figures, sampler.history)));
  found['providers'] = { status: upstream === 'unhealthy' ? 'degraded' : upstream };
  return graded(found, { uptime_seconds: Math.round(watch.uptime()) });
}

async function ready({ sampler, watch }: Sources): Promise<Answer> {
  if (!isNativeAvailable()) return json({ status: 'unhealthy' }, 503);
  const { figures } = await sampler.read();
  const { memory, connection_pool } = checks(figures, sampler.history, watch);
  const status = worst([memory as Check, connection_pool as Check]);
  return json({ status }, codeOf(status));
}

async function connections({ sampler }: Sources): Promise<Answer> {
  const { pools } = (await sampler.read()).figures;
  const each = Object.entries(pools).map(([name, { pool, origins }]) => [
    name,
    {
      ...poolCheck(pool),
      origins: Object.fromEntries(
        origins.map(({ origin, origin_connections }) => [origin, origin_connections]),
      ),
    },
  ]);
  return graded(Object.fromEntries(each));
}

async function providers({ sampler }: Sources): Promise<Answer> {
  const { figures } = await sampler.read();
  return graded(providerChecks(figures, sampler.history));
}

async function breakers({ sampler }: Sources): Promise<Answer> {
  const { pools } = (await sampler.read()).figures;
  const each = Object.entries(pools).map(([name, report]) => [name, breakerCheck(report)]);
  // Pauses are the whole process's. Whose keys they are about is nobody's business.
  const cooldowns = binding()
    .processCooldowns()
    .map(({ origin, retryAfter }) => ({ origin, left_ms: retryAfter }));
  return graded(Object.fromEntries(each), { cooldowns });
}

/** What the clients count by origin and hour; `null` for those that do not. */
function analytics({ clients }: Sources): Answer {
  const each = clients.map(({ name, number }) => {
    const text = binding().clientAnalytics(number);
    return [name, typeof text === 'string' ? JSON.parse(text) : null];
  });
  return json({ pools: Object.fromEntries(each) });
}

async function metrics(sources: Sources, question: Question): Promise<Answer> {
  if (accepted(question) !== 'json') return scrape(sources, question);
  const { sampler, watch } = sources;
  const { all, pools, threads } = (await sampler.read()).figures;
  return json({
    connection_pool: all,
    pools,
    threads,
    recent: sampler.history.lately(),
    event_loop: { ...watch.lag(), utilization: watch.utilization() },
    memory: memory(),
    garbage_collections: watch.collections(),
    uptime_seconds: watch.uptime(),
  });
}

async function scrape({ clients, watch }: Sources, question: Question): Promise<Answer> {
  const open = accepted(question) === 'openmetrics';
  const gzip = acceptsGzip(question);
  const more = processText(watch, open);
  const body = await readText(clients, open, { more, gzip });
  const coding: Record<string, string> = gzip ? { 'content-encoding': 'gzip' } : {};
  return text(body, open ? OPEN_METRICS : PROMETHEUS, 200, { ...coding, vary: VARY });
}

async function latency({ clients }: Sources): Promise<Answer> {
  const measured = clients.map(async ({ name, number }) => [
    name,
    await ask((receiver) => engine().measure(receiver, number, LATENCY_TIMEOUT)),
  ]);
  return json({ pools: Object.fromEntries(await Promise.all(measured)) });
}

async function poolMemory({ sampler }: Sources): Promise<Answer> {
  const { all, pools } = (await sampler.read()).figures;
  const each = Object.entries(pools).map(([name, { pool, origins }]) => [
    name,
    {
      connections_total: pool.connections_total,
      connections_idle: pool.connections_idle,
      origins: origins.length,
    },
  ]);
  const found = memory();
  return json({
    native_bytes: found.native_bytes,
    connections_total: all?.connections_total ?? 0,
    pools: Object.fromEntries(each),
    process: found,
  });
}

function collections({ watch }: Sources): Answer {
  return json({ collections: watch.collections(), since_seconds: watch.uptime(), ...memory() });
}

function graded(checks: Record<string, Check>, more: object = {}): Answer {
  const status = worst(Object.values(checks));
  return json({ status, ...more, checks }, codeOf(status));
}

function codeOf(status: Status): number {
  return status === 'unhealthy' ? 503 : 200;
}

/**
 * What a request accepts: scrapers name their formats, and everybody else gets JSON where there is some.
 * The first that is known counts, as scrapers list them by preference.
 */
function accepted(question: Question): 'json' | 'openmetrics' | 'prometheus' {
  for (const range of (question.header('accept') ?? '').split(',')) {
    const type = (range.split(';', 1)[0] as string).trim().toLowerCase();
    if (type === 'application/openmetrics-text') return 'openmetrics';
    if (type === 'text/plain') return 'prometheus';
    if (type === 'application/json') return 'json';
  }
  return 'json';
}

/** Whether gzip is named and not refused (RFC 9110, section 12.5.3): who names nothing may not know it. */
function acceptsGzip(question: Question): boolean {
  return (question.header('accept-encoding') ?? '').split(',').some((range) => {
    const [coding = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
