/** What may be changed by whoever has the token. */

import type { NamedClient } from '../figures/figures.js';
import { binding } from '../native/load.js';
import { type Answer, json, refusal } from './answers.js';
import type { Question } from './questions.js';

interface Controlled {
  readonly clients: readonly NamedClient[];
}

/** Longer bodies ask for nothing that there is. */
const LONGEST_BODY = 4096;
const MOST_CONNECTIONS = 0xffff_ffff;

/** `{pool, max_connections, max_keepalive_connections}` */
export async function resize({ clients }: Controlled, question: Question): Promise<Answer> {
  const { asked, refused } = await read(question);
  if (asked === undefined) return refused;
  const { pool, max_connections: connections, max_keepalive_connections: keepalive } = asked;
  if (!isCount(connections, 1) || !isCount(keepalive, 0)) {
    return refusal(400, 'max_connections and max_keepalive_connections must be whole numbers');
  }
  return done(binding().resizePool([...clients], pool, connections, keepalive));
}

/** `{pool}` */
export async function drain({ clients }: Controlled, question: Question): Promise<Answer> {
  const { asked, refused } = await read(question);
  if (asked === undefined) return refused;
  return done(binding().drainPool([...clients], asked.pool));
}

/** `{pool, place}` */
export async function resetBreaker({ clients }: Controlled, question: Question): Promise<Answer> {
  const { asked, refused } = await read(question);
  if (asked === undefined) return refused;
  const { pool, place } = asked;
  if (typeof place !== 'string') return refusal(400, 'place must be the place of a breaker');
  return done(binding().resetPoolBreaker([...clients], pool, place));
}

type Asked = Readonly<Record<string, unknown>> & { readonly pool: string };

type Read =
  | { readonly asked: Asked; readonly refused?: never }
  | { readonly asked?: never; readonly refused: Answer };

async function read(question: Question): Promise<Read> {
  const text = await textOf(question);
  if (text === undefined) {
    return { refused: refusal(413, `A body of at most ${LONGEST_BODY} bytes is wanted`) };
  }
  let asked: unknown;
  try {
    asked = JSON.parse(text);
  } catch {
    return { refused: refusal(400, 'The body is no JSON') };
  }
  if (isAsked(asked)) return { asked };
  return { refused: refusal(400, 'pool must be the name of a pool') };
}

function isAsked(asked: unknown): asked is Asked {
  const has = typeof asked === 'object' && asked !== null && 'pool' in asked;
  return has && typeof asked.pool === 'string';
}

/** The body, or `undefined` as soon as that is too long. */
async function textOf({ body }: Question): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.byteLength;
    if (length > LONGEST_BODY) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function done(found: boolean): Answer {
  return found ? json({ done: true }) : refusal(404, 'There is no such pool');
}

function isCount(value: unknown, least: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= MOST_CONNECTIONS;
}
