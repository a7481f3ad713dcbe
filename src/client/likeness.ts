import { createHash } from 'node:crypto';

import type { Binding } from '../native/load.js';

type OpenClient = Parameters<Binding['openClient']>;

/** What matters for how the places do that a client sends to: its way there, and what it makes of failures. */
const TELLING = [
  'dns',
  'socket',
  'tls',
  'proxy',
  'http2',
  'endpoints',
  'retry',
  'circuitBreaker',
  'hedge',
] as const;

/**
 * A word that is the same for clients which are set up alike; nothing for one with a look-up function, whose
 * likes cannot be told. It is a digest, as there are keys among the settings.
 */
export function likeness(settings: OpenClient[0], lookup: OpenClient[1]): { alike?: string } {
  if (lookup !== undefined) return {};
  const told = JSON.stringify(TELLING.map((name) => settings[name]));
  return { alike: createHash('sha256').update(told).digest('base64') };
}
