/**
 * A limit of several processes: each goes by a share of it, on which they agree in a Redis. No request waits for that: shares
 * are what the engine's rate limits are set to.
 */

import { setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { checkRateLimit, type RateLimit } from '../client/rate-limit.js';
import { binding } from '../native/load.js';
import type { Kind } from './agreement.js';
import { type FleetOptions, loaded, type Redis, Store } from './store.js';

/** The limits of providers, by name. */
export type Limits = Readonly<Record<string, RateLimit>>;

/** A limit that processes share. */
export interface FleetLimit {
  readonly provider: string;
  /** The processes that share it, this one included. */
  readonly processes: number;
  /** What all of them may send. */
  readonly limit: RateLimit;
  /** What this one may send. */
  readonly share: RateLimit;
}

const KINDS = ['requestsPerMinute', 'tokensPerMinute', 'concurrentRequests'] as const;
/** A process that has said nothing for so many intervals is gone. */
const LIVES = 3;
/** How often it is looked at whether requests wait, in milliseconds. */
const LOOK = 1000;
/** Those who are called answer within so many milliseconds, and not all in one. */
const SPREAD = 50;
/** A Redis that says nothing for so many milliseconds is not there. */
const PATIENCE = 5000;
/** So often whoever comes asks for room. Others may have used all that there is, and only time makes more. */
const MOST_ASKED = 10;

class Fleet {
  readonly options: FleetOptions;
  readonly #store: Store;
  readonly #shared = new Map<string, FleetLimit>();
  #timers: NodeJS.Timeout[] = [];
  #called: NodeJS.Timeout | undefined;
  #alone = false;
  /** More would fall to it than it has. */
  #lacks = false;
  #left = false;
  /** One word after the other. */
  #saying: Promise<void> = Promise.resolve();
  /** What the next word is to say, if one is to be said yet. */
  #next: { calls: boolean; readonly dropped: string[] } | undefined;

  constructor(redis: Redis, options: FleetOptions) {
    this.options = options;
    this.#store = new Store(redis, options, () => this.#answer());
  }

  get shared(): readonly FleetLimit[] {
    return [...this.#shared.values()];
  }

  /** What this process may send of a limit, as far as that is agreed. */
  share(provider: string, limit: RateLimit): RateLimit {
    const shared = this.#shared.get(provider);
    return shared === undefined ? limit : part(limit, shared);
  }

  /** Shares these limits from now on, and no others. Resolves once all members agree, or none can be found. */
  async limit(limits: Limits): Promise<void> {
    // What the store waits for keeps no process alive; whoever waits for this does.
    const waiting = setInterval(() => {}, PATIENCE);
    try {
      await this.#begin(limits);
    } finally {
      clearInterval(waiting);
    }
  }

  async #begin(limits: Limits): Promise<void> {
    const dropped = [...this.#shared.keys()].filter((name) => !Object.hasOwn(limits, name));
    for (const name of dropped) this.#shared.delete(name);
    for (const [provider, limit] of Object.entries(limits)) {
      const before = this.#shared.get(provider);
      const share = before === undefined ? limit : part(limit, before);
      this.#shared.set(provider, { provider, processes: before?.processes ?? 1, limit, share });
    }
    await this.#say({ calls: true, dropped });
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => this.#say({ calls: true }), this.options.interval).unref(),
      setInterval(() => this.#look(), LOOK).unref(),
    ];
    // Whoever comes waits for the others to make room.
    for (let asked = 0; this.#lacks && asked < MOST_ASKED; asked++) {
      await setTimeout(2 * SPREAD);
      await this.#say({ calls: false });
    }
  }

  /** Gives everything back. */
  async leave(): Promise<void> {
    this.#left = true;
    for (const timer of [...this.#timers, this.#called]) clearTimeout(timer);
    await this.#saying;
    try {
      await inTime(this.#forget([...this.#shared.keys()]));
    } catch {
      // It is gone for the others once its word no longer counts.
    }
    this.#store.close();
  }

  /** `calls`: the others, too, where they hold what this one lacks. */
  #say({ calls, dropped = [] }: { calls: boolean; dropped?: readonly string[] }): Promise<void> {
    if (this.#next === undefined) {
      this.#next = { calls: false, dropped: [] };
      this.#saying = this.#saying.then(() => this.#sayNext());
    }
    this.#next.calls ||= calls;
    this.#next.dropped.push(...dropped);
    return this.#saying;
  }

  async #sayNext(): Promise<void> {
    const { calls = false, dropped = [] } = this.#next ?? {};
    this.#next = undefined;
    if (this.#left) return;
    try {
      await inTime(this.#forget(dropped));
      await inTime(this.#agree(calls));
      this.#alone = false;
    } catch (error) {
      this.#goOnAlone(error as Error);
    }
  }

  async #forget(limits: readonly string[]): Promise<void> {
    const member = binding().processId();
    await Promise.all(limits.map((limit) => this.#store.forget(limit, member)));
    if (limits.length > 0) await this.#store.call();
  }

  async #agree(calls: boolean): Promise<void> {
    const member = binding().processId();
    const counts = LIVES * this.options.interval;
    let [call, lacks] = [false, false];
    await Promise.all(
      this.shared.map(async ({ provider, limit }) => {
        const { weight, waiting, used } = useOf(provider);
        const kinds = KINDS.map((kind): Kind => ({ limit: limit[kind] ?? 0, used: used[kind] }));
        const found = await this.#store.agree({ limit: provider, member, counts, weight, kinds });
        const shares = KINDS.flatMap((kind, at) => {
          const share = found.shares[at] ?? 0;
          return share > 0 ? [[kind, share] as const] : [];
        });
        const before = this.#shared.get(provider);
        // It was dropped or changed meanwhile.
        if (before?.limit !== limit) return;
        const share = { ...limit, ...Object.fromEntries(shares) };
        this.#shared.set(provider, { provider, processes: found.members, limit, share });
        if (KINDS.some((kind) => share[kind] !== before.share[kind])) {
          binding().setProviderRateLimits(provider, checkRateLimit('rateLimit', share));
        }
        const isNews = waiting > 0 || before.processes !== found.members;
        lacks ||= found.lacks;
        call ||= found.gave || (calls && found.lacks && isNews);
      }),
    );
    this.#lacks = lacks;
    if (call) await this.#store.call();
  }

  /** Others have called: for what falls to them, or because there is something to have. It does not call back for more. */
  #answer(): void {
    this.#called ??= setTimer(() => {
      this.#called = undefined;
      void this.#say({ calls: false });
    }, Math.random() * SPREAD).unref();
  }

  /** Where requests wait, more may fall to this process than it has asked for. */
  #look(): void {
    if (this.shared.some(({ provider }) => useOf(provider).waiting > 0)) {
      void this.#say({ calls: true });
    }
  }

  #goOnAlone({ message }: Error): void {
    this.#store.close();
    if (this.#alone) return;
    this.#alone = true;
    process.emitWarning(
      `the Redis of distributed_pool cannot be reached (${message}): this process goes on with the shares that it has`,
      { code: 'WARMLINE_FLEET_UNREACHABLE' },
    );
  }
}

/** What a process has used of a provider's limits. They hold for each key: what was used most of any. */
function useOf(provider: string) {
  const used = { requestsPerMinute: 0, tokensPerMinute: 0, concurrentRequests: 0 };
  let [weight, waiting] = [1, 0];
  for (const state of binding().providerRateLimits(provider)) {
    used.requestsPerMinute = Math.max(used.requestsPerMinute, state.requests);
    used.tokensPerMinute = Math.max(used.tokensPerMinute, state.tokens);
    used.concurrentRequests = Math.max(used.concurrentRequests, state.inFlight);
    weight += state.waiting + Math.max(state.inFlight, state.requests);
    waiting += state.waiting;
  }
  return { weight, waiting, used };
}

/** As large a part of a limit as another share is. */
function part(limit: RateLimit, { limit: whole, share }: FleetLimit): RateLimit {
  const parts = KINDS.flatMap((kind) => {
    const [all, of, its] = [limit[kind], whole[kind], share[kind]];
    if (all === undefined) return [];
    const ratio = of === undefined || its === undefined ? 1 : its / of;
    return [[kind, Math.max(1, Math.floor(all * ratio))] as const];
  });
  return { ...limit, ...Object.fromEntries(parts) };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`no answer for ${PATIENCE} ms`));
    timer = setTimer(fail, PATIENCE).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

let fleet: Fleet | undefined;

/**
 * Has this process share these limits with others from now on; without options, with nobody.
 *
 * @throws {Error} without the package `redis`.
 */
export async function shareLimits(
  options: FleetOptions | undefined,
  limits: Limits,
): Promise<void> {
  if (fleet !== undefined && !isSame(fleet.options, options)) {
    const left = fleet;
    fleet = undefined;
    await left.leave();
  }
  if (options === undefined) return;
  const redis = await loaded();
  fleet ??= new Fleet(redis, options);
  await fleet.limit(limits);
}

function isSame(one: FleetOptions, other: FleetOptions | undefined): boolean {
  return (
    one.redisUrl === other?.redisUrl &&
    one.shards === other.shards &&
    one.interval === other.interval
  );
}

/** What this process may send of a provider's limit. */
export function shareOf(provider: string, limit: RateLimit): RateLimit {
  return fleet === undefined ? limit : fleet.share(provider, limit);
}

/** The limits that this process shares with others, as they are agreed now; none without `distributed_pool`. */
export function getFleetLimits(): readonly FleetLimit[] {
  return fleet?.shared ?? [];
}
