import { ask } from '../native/answer.js';
import { invalid } from '../native/invalid.js';
import { leaseNumber } from '../native/lease-id.js';
import { engine } from '../native/link.js';
import { binding } from '../native/load.js';
import { Parking, type Place } from '../native/parking.js';
import { checkSignal } from '../native/signal.js';
import { duration } from '../native/timeouts.js';

/** What a pool holds at one moment. */
export interface PoolStats {
  readonly totalConnections: number;
  /** Leased, or carrying a request. */
  readonly activeConnections: number;
  readonly idleConnections: number;
  /** Being opened. */
  readonly pending: number;
  /** Callers in line for a connection. */
  readonly waiting: number;
  /** By origin, such as `https://api.openai.com`. */
  readonly endpoints: Readonly<
    Record<string, { readonly active: number; readonly idle: number; readonly pending: number }>
  >;
  readonly limits: {
    readonly maxConnections: number;
    readonly maxConnectionsPerEndpoint: number;
    /** Milliseconds. */
    readonly idleTimeout: number;
  };
}

/** An open connection. */
export interface ConnectionInfo {
  /** As ALPN spells it: `http/1.1` or `h2`. */
  readonly protocol: string;
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** `null` without TLS. */
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** How long each step of opening it took, in milliseconds. */
  readonly timings: { readonly dns: number; readonly tcp: number; readonly tls: number };
}

/** How {@link SimpleConnectionPool.acquireConnection} waits. */
export interface AcquireOptions {
  /** Milliseconds until it gives up; without it, as long as it takes. */
  timeout?: number;
  signal?: AbortSignal | null;
}

/** Spellings of endpoints that are remembered; more are looked up anew. */
const REMEMBERED_SPELLINGS = 1000;

/**
 * Leases of real connections: an id stands for one TCP or TLS connection until it is returned, and
 * `fetch(url, { connection: id })` sends on that very one.
 *
 * There is one pool for each name in the process, whatever thread asks for it. The pool named
 * `default` leases from the connections that `fetch` uses. At most 10 leases for each endpoint and
 * 100 in all; a returned connection stays open for 5 minutes. Any thread may use and return an id, but a
 * lease ends with the thread that took it: what a worker has not returned is returned when it ends.
 *
 * @example
 * ```ts
 * import { fetch, SimpleConnectionPool } from 'warmline'
 *
 * const pool = new SimpleConnectionPool('my_pool')
 * const id = pool.getConnection('https://api.openai.com')
 * if (id !== null) {
 *   try {
 *     await fetch('https://api.openai.com/v1/models', { connection: id })
 *   } finally {
 *     pool.returnConnection(id)
 *   }
 * }
 * ```
 */
export class SimpleConnectionPool {
  /** The pool's name. */
  readonly poolName: string;
  readonly #number: number;
  readonly #native;
  readonly #parking: Parking;
  /** By the engine's number. */
  readonly #places: Place[] = [];
  /** Endpoints as callers spell them. */
  readonly #spellings: Map<string, Place> = new Map();

  /** @throws {NativeUnavailableError} without a native binary for this platform. */
  constructor(poolName = 'default') {
    if (typeof poolName !== 'string' || poolName === '') {
      throw invalid('poolName', 'a non-empty string', poolName);
    }
    this.poolName = poolName;
    this.#native = binding();
    this.#number = this.#native.openPool(poolName);
    this.#parking = new Parking(this.#number);
  }

  /**
   * Leases a connection: an idle live one, or a new one that starts connecting. `null` at a limit.
   *
   * @throws {TypeError} for an endpoint that is not an http or https URL.
   */
  getConnection(endpoint: string): string | null {
    const place = this.#spellings.get(endpoint) ?? this.#place(endpoint);
    return this.#parking.take(place) ?? this.#lease(place);
  }

  /**
   * Leases a connection in its turn (first come, first served) and once it is connected.
   *
   * @throws {WarmlineError} `WARMLINE_POOL_TIMEOUT`, or why it could not connect.
   * @throws the signal's reason once it is aborted.
   */
  async acquireConnection(endpoint: string, options: AcquireOptions = {}): Promise<string> {
    const { timeout } = options;
    const signal = checkSignal(options.signal);
    const limit = timeout === undefined ? undefined : duration('timeout', timeout);
    const place = this.#place(endpoint);
    const lease = await ask<number>(
      (receiver) => engine().leaseAcquire(receiver, this.#number, place.number, limit),
      signal,
      (late) => this.#native.leasePut(this.#number, late),
    );
    return this.#parking.begin(lease, place);
  }

  /**
   * Waits until a lease's connection is open.
   *
   * @throws {WarmlineError} why it could not connect, or that the id is no lease of this pool.
   */
  connectionReady(id: string): Promise<ConnectionInfo> {
    return ask((receiver) => engine().leaseReady(receiver, this.#number, leaseNumber(id)));
  }

  /** Gives a lease back; its connection stays warm for others. False if the id is no lease (any more). */
  returnConnection(id: string): boolean {
    return this.#parking.put(id);
  }

  /**
   * Closes a lease's connection; one by HTTP/2 that others share once they are done with it, and it takes
   * nothing new. False if the id is no lease (any more).
   */
  removeConnection(id: string): boolean {
    return this.#native.leaseRemove(this.#number, leaseNumber(id));
  }

  /**
   * Looks at a lease's socket: true while it is open or still connecting; false once connecting has
   * failed or the peer has closed it, and for an id that is no lease.
   */
  healthCheck(id: string): boolean {
    return this.#native.leaseHealthy(this.#number, leaseNumber(id));
  }

  /** Closes connections that have expired, been idle for too long or died; how many. */
  cleanup(): number {
    return this.#native.poolCleanup(this.#number);
  }

  /** What the pool holds now; stops nobody. */
  getStats(): PoolStats {
    return JSON.parse(this.#native.poolStats(this.#number)) as PoolStats;
  }

  #lease(place: Place): string | null {
    const lease = this.#native.leaseGet(this.#number, place.number);
    return lease === 0 ? null : this.#parking.begin(lease, place);
  }

  #place(endpoint: string): Place {
    let place = this.#spellings.get(endpoint);
    if (place === undefined) {
      if (typeof endpoint !== 'string') {
        const message =
          'Invalid endpoint: expected an http or https URL such as "https://api.openai.com"';
        throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
      }
      const number = this.#native.poolEndpoint(this.#number, endpoint);
      place = this.#places[number] ??= { number, parked: [] };
      // A caller may say a whole URL at each call, and no two of them alike.
      if (this.#spellings.size >= REMEMBERED_SPELLINGS) this.#spellings.clear();
      this.#spellings.set(endpoint, place);
    }
    return place;
  }
}
