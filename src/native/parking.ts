/**
 * Connections that this thread has returned and can lease again without asking the engine.
 *
 * The engine parks a returned connection in a spot: a word of memory that it shares with every
 * thread, `spot.rs` in `crates/warmline-pool` being its half of the protocol. From then on a lease and
 * its return are one compare-and-swap each. To the engine the connection is idle meanwhile, so that it
 * may take it away at any time: then the word has changed, the swap fails, and the engine is asked.
 */

import { leaseNumber, SLOTS, SlotIds } from './lease-id.js';
import { binding } from './load.js';

/** The lowest bit of a spot's word; the next one says that it is within reach, and the rest which lease it is. */
const LEASED = 1;
const IN_REACH = 2;
const GENERATION_SHIFT = 2;
/** What the next lease adds to a parked word. */
const NEXT = LEASED + (1 << GENERATION_SHIFT);
/** A spot whose generations are used up. */
const LAST_PARKED = ~LEASED;

/** What became of a returned lease, as `leasePark` says it. */
const NO_LEASE = 0;
const PARKED = 2;

/** An endpoint of a pool, and what is parked there, returned last on top. */
export interface Place {
  readonly number: number;
  readonly parked: Spot[];
}

/** Where one connection was leased by this thread; another lease from the engine, another spot. */
class Spot {
  readonly slot: number;
  readonly place: Place;
  readonly #ids: SlotIds;
  /** What the shared word says for as long as only this thread has changed it. */
  word: number;
  /** Of the lease that is out or was last. */
  id: string;

  constructor(lease: number, place: Place) {
    this.slot = lease % SLOTS;
    this.place = place;
    this.#ids = new SlotIds(this.slot);
    const generation = (lease - this.slot) / SLOTS;
    this.word = (generation << GENERATION_SHIFT) | IN_REACH | LEASED;
    this.id = this.#ids.of(generation);
  }

  /** The word is now that of the next lease. */
  begin(word: number): string {
    this.word = word;
    this.id = this.#ids.of(word >>> GENERATION_SHIFT);
    return this.id;
  }
}

/** `null` where the runtime has no memory to share: then nothing is ever parked. */
let words: Int32Array | null | undefined;
/** Words that nobody changes: no swap succeeds. */
const NO_WORDS = new Int32Array(SLOTS);

function sharedWords(): Int32Array | null {
  const memory = binding().leaseSpots();
  return memory && new Int32Array(memory);
}

/** One thread's leases from one pool. */
export class Parking {
  readonly #pool: number;
  readonly #words: Int32Array;
  /** Looked up once: an addon's exports are a slow object. */
  readonly #park: (pool: number, lease: number) => number;
  readonly #put: (pool: number, lease: number) => boolean;
  /** By slot. */
  readonly #spots: Map<number, Spot> = new Map();
  /** The spot of the lease that this thread began last: most leases are short. */
  #latest: Spot | undefined;

  constructor(pool: number) {
    const native = binding();
    this.#pool = pool;
    this.#put = native.leasePut;
    words ??= sharedWords();
    this.#words = words ?? NO_WORDS;
    this.#park =
      words === null ? (...lease) => Number(native.leasePut(...lease)) : native.leasePark;
  }

  /** Leases what was returned here last, if it is still within reach. */
  take(place: Place): string | undefined {
    for (let spot = place.parked.pop(); spot !== undefined; spot = place.parked.pop()) {
      const parked = spot.word;
      const leased = (parked + NEXT) | 0;
      if (parked !== LAST_PARKED && this.#swap(spot, parked, leased)) {
        this.#latest = spot;
        return spot.begin(leased);
      }
    }
    return undefined;
  }

  /** The id of a lease that the engine has given. */
  begin(lease: number, place: Place): string {
    const spot = new Spot(lease, place);
    this.#spots.set(spot.slot, spot);
    this.#latest = spot;
    return spot.id;
  }

  /** Returns a lease. False if the id is no lease (any more). */
  put(id: string): boolean {
    const latest = this.#latest;
    const spot = latest !== undefined && latest.id === id ? latest : this.#spotOf(id);
    if (spot === undefined) return this.#put(this.#pool, leaseNumber(id));
    const leased = spot.word;
    if ((leased & LEASED) === 0) return false;
    const parked = leased & ~LEASED;
    if (!this.#swap(spot, leased, parked)) {
      const end = this.#park(this.#pool, leaseNumber(id));
      if (end !== PARKED) return end !== NO_LEASE;
    }
    spot.word = parked;
    spot.place.parked.push(spot);
    return true;
  }

  /** Where the lease is that this thread began under that id. */
  #spotOf(id: string): Spot | undefined {
    const spot = this.#spots.get(leaseNumber(id) % SLOTS);
    return spot?.id === id ? spot : undefined;
  }

  #swap(spot: Spot, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, spot.slot, from, to) === from;
  }
}
