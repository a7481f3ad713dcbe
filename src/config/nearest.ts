/**
 * The known key that an unknown one was probably meant to be: the one with the fewest letters to add, drop,
 * change or swap, if they are few. `keepaliveExpiry` is `keepalive_expiry` as it is.
 */
export function nearest(unknown: string, known: readonly string[]): string | undefined {
  const word = plain(unknown);
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const key of known) {
    const changes = distance(word, plain(key));
    if (changes < fewest) [best, fewest] = [key, changes];
  }
  return best;
}

const plain = (key: string): string => key.toLowerCase().replaceAll(/[-_ ]/g, '');

/** Optimal string alignment: Levenshtein's distance, where two swapped letters are one change. */
function distance(left: string, right: string): number {
  let [before, last]: [number[], number[]] = [
    [],
    Array.from({ length: right.length + 1 }, (_, n) => n),
  ];
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1];
      const swapped = left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (same ? 0 : 1),
        swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, row];
  }
  return at(last, right.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? 0;
