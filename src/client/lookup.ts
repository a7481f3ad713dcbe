import { inspect } from 'node:util';

import type { LookupAnswer } from '../native/load.js';
import { LONGEST } from '../native/timeouts.js';

/** An address of a name. */
export interface FoundAddress {
  readonly address: string;
  /** In seconds, as `dns.resolve4(name, { ttl: true })` has it; shortens `dns.ttl`. */
  readonly ttl?: number;
}

/**
 * Looks a name up: `lookup` of `node:dns`, or any function that is called as it is. It is asked for all
 * addresses, and may answer with one, with several, or with an error, whose `code` the request then fails
 * with; `ENOTFOUND` says that the name does not exist.
 *
 * It is called on the client's own thread, and only when a name is not known.
 */
export type LookupFunction = (
  hostname: string,
  options: { all: true; family: 0; hints: 0; order: 'verbatim' },
  callback: (
    error: Error | null,
    addresses?: string | readonly (string | FoundAddress)[],
    family?: number,
  ) => void,
) => void;

const CODE = /^[A-Z][A-Z0-9_]*$/;

/** The engine's way to ask `lookup`. */
export function asked(lookup: LookupFunction): (hostname: string, answer: LookupAnswer) => void {
  return (hostname, answer) => {
    // What is thrown here would end the process: nobody of the caller's is on the stack.
    const guarded = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        fail(answer, error);
      }
    };
    const settle: Parameters<LookupFunction>[2] = (error, addresses = []) => {
      if (error === null || error === undefined) guarded(() => find(answer, addresses));
      else fail(answer, error);
    };
    guarded(() => lookup(hostname, { all: true, family: 0, hints: 0, order: 'verbatim' }, settle));
  };
}

function find(answer: LookupAnswer, addresses: string | readonly (string | FoundAddress)[]): void {
  const found = [addresses].flat().map(entryOf);
  const ttl = Math.min(...found.map((entry) => entry.ttl));
  answer.found(
    found.map((entry) => entry.address),
    ttl < LONGEST ? ttl : undefined,
  );
}

function fail(answer: LookupAnswer, error: unknown): void {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' && CODE.test(code);
  const reason = typeof message === 'string' ? message : inspect(error);
  answer.failed(known ? code : 'WARMLINE_LOOKUP', reason);
}

/** What the function answered, of whatever kind: the engine refuses what is no address. */
function entryOf(entry: unknown): { address: string; ttl: number } {
  const { address, ttl } = Object(entry) as { address?: unknown; ttl?: unknown };
  const text = typeof entry === 'string' ? entry : address;
  return {
    address: typeof text === 'string' ? text : inspect(text),
    ttl: typeof ttl === 'number' && ttl >= 0 ? Math.min(ttl * 1000, LONGEST) : LONGEST,
  };
}
