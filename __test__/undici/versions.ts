import * as undici7 from 'undici';
import * as undici6 from 'undici-6';

export type Undici = typeof undici7;

/** The majors that run on this Node: undici 8 wants a newer one than the oldest that is supported here. */
export const VERSIONS: readonly (readonly [string, Undici])[] = [
  ['6', undici6 as unknown as Undici],
  ['7', undici7],
  ...('zstdCompressSync' in (await import('node:zlib'))
    ? [['8', (await import('undici-8')) as unknown as Undici] as const]
    : []),
];
