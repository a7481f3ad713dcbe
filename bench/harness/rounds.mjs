// Peers measured in turns, round after round, so that a machine that slows down slows all of them.

/**
 * Measures each name once in every round, each round beginning with another one, and gives the
 * median of every figure.
 *
 * @param {readonly string[]} names
 * @param {number} rounds
 * @param {(name: string, round: number) => Promise<Record<string, number>>} measure
 * @returns {Promise<Record<string, Record<string, number>>>} by name
 */
export async function inRounds(names, rounds, measure) {
  /** @type {Record<string, Record<string, number>[]>} */
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < names.length; index++) {
      const name = names[(index + round) % names.length];
      samples[name].push(await measure(name, round));
    }
  }
  return Object.fromEntries(names.map((name) => [name, medians(samples[name])]));
}

/** The median of every figure. */
export function medians(samples) {
  return Object.fromEntries(
    Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]),
  );
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
