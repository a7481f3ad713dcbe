// What a server says of a limit: how many came in each window, and in which order.

const MICROS = 1000;

/**
 * @param {[micros: number, name: string][]} arrivals in their order; a name is a priority and the number under which
 *   the request was asked for
 * @param {{ window: number, perWindow: number }} limit `window`: milliseconds
 */
export function judge(arrivals, { window, perWindow }) {
  const length = window * MICROS;
  // What goes at once does not come at once: windows begin where nothing is under way, half of one before the first.
  const begin = arrivals[0][0] - length / 2;
  const windows = Map.groupBy(arrivals, ([at]) => Math.floor((at - begin) / length));
  const counts = [...windows.values()].map((within) => within.length);
  // The last one has what is left.
  const whole = counts.slice(0, -1);
  return {
    most: Math.max(...counts) / perWindow,
    least: Math.min(...whole) / perWindow,
    mostAnywhere: mostWithin(arrivals, length) / perWindow,
    overtaken: overtaken([...windows.values()]),
    lowAmongHigh: shareOfLow(arrivals.slice(perWindow)),
  };
}

/** The most within a span of time, wherever it begins. */
function mostWithin(arrivals, length) {
  let most = 0;
  for (let first = 0, last = 0; last < arrivals.length; last++) {
    while (arrivals[last][0] - arrivals[first][0] >= length) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/**
 * Requests that came in a later window than one of their priority that was asked for after them. Those of one
 * window go at once, on many connections, and who is read first is the server's affair.
 */
function overtaken(windows) {
  const furthest = {};
  let count = 0;
  for (const within of windows) {
    const before = { ...furthest };
    for (const [, name] of within) {
      const [priority, number] = name.split(' ');
      if (Number(number) < (before[priority] ?? -1)) count++;
      furthest[priority] = Math.max(furthest[priority] ?? -1, Number(number));
    }
  }
  return count;
}

/** How many of those that went while some of a high priority waited were of a low one. */
function shareOfLow(arrivals) {
  const names = arrivals.map(([, name]) => name);
  const lastHigh = names.findLastIndex((name) => name.startsWith('high'));
  return names.slice(0, lastHigh).filter((name) => name.startsWith('low')).length / lastHigh;
}
