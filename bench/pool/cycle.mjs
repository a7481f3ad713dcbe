/** How often the clock is looked at: seldom enough to cost nothing. */
const PAIRS_PER_LOOK = 256;

/**
 * Gets a connection and returns it, over and over, until the time is over.
 *
 * @param {{ getConnection(endpoint: string): string | null, returnConnection(id: string): boolean }} pool
 * @returns {number} how many pairs it was
 */
export function cycle(pool, endpoint, milliseconds) {
  const end = performance.now() + milliseconds;
  let pairs = 0;
  while (performance.now() < end) {
    for (let index = 0; index < PAIRS_PER_LOOK; index++) {
      const id = pool.getConnection(endpoint);
      // At the limit: another thread has them all for a moment.
      if (id === null) continue;
      if (!pool.returnConnection(id)) throw new Error(`${id} could not be returned`);
      pairs++;
    }
  }
  return pairs;
}
