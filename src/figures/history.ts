/** The last minute of a monitor's figures, for whatever is told by how they change. */

import type { Figures, OriginFigures } from './figures.js';

/** How far back the history goes, in milliseconds. */
export const WINDOW = 60_000;

/** Requests of an origin, counted since its client was made. */
interface Requests {
  readonly answered: number;
  /** Without a response, or with a status from 500 on. */
  readonly failed: number;
}

/** What is kept of figures that are no longer the last ones. */
interface Moment {
  readonly at: number;
  readonly connects: Requests;
  readonly requests: Requests;
  readonly events: number;
  readonly tokens: number;
  readonly origins: ReadonlyMap<string, Requests>;
}

/** What happened lately. */
export interface Lately {
  /** The time that this is about, in seconds. */
  readonly seconds: number;
  readonly requests_per_second: number;
  readonly events_per_second: number;
  /** Tokens that were generated, counted as their responses end. */
  readonly tokens_per_second: number;
  /** Requests without a response, of all requests, 0 to 1. */
  readonly error_rate: number;
  /** Attempts to connect that failed or timed out, of all, 0 to 1. */
  readonly connection_error_rate: number;
}

/** What happened lately at one origin. */
export interface OriginLately {
  readonly requests: number;
  /** Requests without a response or with a status from 500 on, of all, 0 to 1. */
  readonly failure_rate: number;
}

/** Takes figures in as time goes by. */
export class History {
  readonly #moments: Moment[] = [];

  add(figures: Figures, now: number): void {
    this.#moments.push(momentOf(figures, now));
    // One that is older than the window is where the window begins.
    while (this.#moments.length > 2 && (this.#moments[1] as Moment).at <= now - WINDOW) {
      this.#moments.shift();
    }
  }

  lately(): Lately {
    const [first, last] = this.#ends();
    if (first === undefined || last === undefined || first === last) {
      const none = { requests_per_second: 0, events_per_second: 0, tokens_per_second: 0 };
      return { seconds: 0, ...none, error_rate: 0, connection_error_rate: 0 };
    }
    const seconds = (last.at - first.at) / 1000;
    const requests = between(first.requests, last.requests);
    return {
      seconds,
      requests_per_second: all(requests) / seconds,
      events_per_second: Math.max(0, last.events - first.events) / seconds,
      tokens_per_second: Math.max(0, last.tokens - first.tokens) / seconds,
      error_rate: rate(requests),
      connection_error_rate: rate(between(first.connects, last.connects)),
    };
  }

  /** By pool and origin, as {@link originKey} has it. */
  originLately(key: string): OriginLately {
    const [first, last] = this.#ends();
    const now = last?.origins.get(key);
    if (now === undefined) return { requests: 0, failure_rate: 0 };
    // An origin that is new since is counted from its beginning; the only moment there is says nothing.
    const before = first === last ? now : (first?.origins.get(key) ?? { answered: 0, failed: 0 });
    const requests = between(before, now);
    return { requests: all(requests), failure_rate: rate(requests) };
  }

  #ends(): [Moment | undefined, Moment | undefined] {
    return [this.#moments[0], this.#moments.at(-1)];
  }
}

/** What an origin of a pool is known by. */
export function originKey(pool: string, origin: string): string {
  return `${pool} ${origin}`;
}

function momentOf({ all, pools }: Figures, at: number): Moment {
  const origins = new Map<string, Requests>();
  let events = 0;
  for (const [pool, figures] of Object.entries(pools)) {
    for (const origin of figures.origins) {
      origins.set(originKey(pool, origin.origin), requestsOf(origin));
      events += origin.stream_events_total;
    }
  }
  const figure = (name: string) => Number(all?.[name] ?? 0);
  const failed = figure('error_count');
  return {
    at,
    connects: {
      answered: figure('connections_created_total'),
      failed: figure('connection_errors_total') + figure('connection_timeouts_total'),
    },
    requests: { answered: figure('total_requests') - failed, failed },
    events,
    tokens: figure('output_tokens_total'),
    origins,
  };
}

function requestsOf({ requests_total: by }: OriginFigures): Requests {
  return { answered: by['1xx'] + by['2xx'] + by['3xx'] + by['4xx'], failed: by['5xx'] + by.error };
}

/** A client that was closed meanwhile takes its counts with it. */
function between(first: Requests, last: Requests): Requests {
  return {
    answered: Math.max(0, last.answered - first.answered),
    failed: Math.max(0, last.failed - first.failed),
  };
}

function all({ answered, failed }: Requests): number {
  return answered + failed;
}

function rate(requests: Requests): number {
  const sum = all(requests);
  return sum === 0 ? 0 : requests.failed / sum;
}
