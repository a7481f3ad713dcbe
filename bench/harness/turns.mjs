// Clients in one process and in turns so short that whatever slows the machine down slows all of them.
import { drive } from './drive.mjs';

/**
 * Drives each client once in every turn, each turn beginning with another one.
 *
 * @param {Record<string, any>} clients by name, as `drive` takes them
 * @param {{ concurrency: number, plan: { turns: number, warmUpSeconds: number, warmUpCount?: number, seconds: number } }} options
 * @param {(name: string) => () => void} [accompany] begins what goes on beside a client's turn, and gives what ends it
 * @returns {Promise<Record<string, any[]>>} the readings, by name
 */
export async function inTurns(clients, { concurrency, plan }, accompany = () => () => {}) {
  const names = Object.keys(clients);
  const turns = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < plan.turns; turn++) {
    for (let index = 0; index < names.length; index++) {
      const name = names[(index + turn) % names.length];
      const warmUp = turn === 0 ? plan : { warmUpSeconds: 0 };
      const end = accompany(name);
      turns[name].push(
        await drive(clients[name], { ...warmUp, concurrency, seconds: plan.seconds }),
      );
      end();
    }
  }
  return turns;
}

/** Each turn with what it cost more than the one of `base`, right before it or after it. */
export function beside(turns, base) {
  return Object.fromEntries(
    Object.entries(turns).map(([name, readings]) => [
      name,
      readings.map((reading, turn) => {
        const plain = turns[base][turn];
        return {
          ...reading,
          slower: 1 - reading.perSecond / plain.perSecond,
          moreMain: reading.mainMicros - plain.mainMicros,
          moreCpu: reading.cpuMicros - plain.cpuMicros,
        };
      }),
    ]),
  );
}
