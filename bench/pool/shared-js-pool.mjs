// A pool in plain JavaScript for several threads: one thread has it, the others ask by message.
import { JsPool } from './js-pool.mjs';

/** How many requests a thread keeps under way, so that it does not sit out each round trip. */
const IN_FLIGHT = 64;

/** Answers what the thread at the other end of the port asks. */
export function servePool(pool, port) {
  port.on('message', ({ sequence, address, id }) => {
    const answer = id === undefined ? pool.getConnection(address) : pool.returnConnection(id);
    port.postMessage({ sequence, answer });
  });
}

/** A pool whose limits are never met by this many threads: an answer of null would be a round trip for nothing. */
export function makePool(threads) {
  const most = threads * IN_FLIGHT;
  return new JsPool({ maxPerEndpoint: most, maxTotal: most });
}

/** The other end: the same two functions, answered by promises. */
export class RemotePool {
  #port;
  #waiting = new Map();
  #sequence = 0;

  constructor(port) {
    this.#port = port;
    port.on('message', ({ sequence, answer }) => {
      const resolve = this.#waiting.get(sequence);
      this.#waiting.delete(sequence);
      resolve(answer);
    });
  }

  getConnection(address) {
    return this.#ask({ sequence: ++this.#sequence, address });
  }

  returnConnection(id) {
    return this.#ask({ sequence: ++this.#sequence, id });
  }

  #ask(question) {
    return new Promise((resolve) => {
      this.#waiting.set(question.sequence, resolve);
      this.#port.postMessage(question);
    });
  }
}

/**
 * Gets and returns until the time is over.
 *
 * @param {RemotePool} pool
 * @returns {Promise<number>} how many pairs it was
 */
export async function cycleRemotely(pool, address, milliseconds) {
  const end = performance.now() + milliseconds;
  let pairs = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (performance.now() < end) {
        await pool.returnConnection(await pool.getConnection(address));
        pairs++;
      }
    }),
  );
  return pairs;
}
