import zlib from 'node:zlib';

/** A coding as an encoder of Node's makes it. */
export interface Coding {
  /** For people. */
  readonly title: string;
  /** For `content-encoding`. */
  readonly name: string;
  encode(bytes: Uint8Array): Buffer;
  /** An encoder whose `flush` ends what was written so far. */
  encoder(): zlib.Gzip | zlib.Deflate | zlib.DeflateRaw | zlib.BrotliCompress;
}

/** Those that this version of Node can encode. */
export const CODINGS: readonly Coding[] = [
  { title: 'gzip', name: 'gzip', encode: zlib.gzipSync, encoder: zlib.createGzip },
  { title: 'deflate', name: 'deflate', encode: zlib.deflateSync, encoder: zlib.createDeflate },
  {
    title: 'raw deflate',
    name: 'deflate',
    encode: zlib.deflateRawSync,
    encoder: zlib.createDeflateRaw,
  },
  { title: 'br', name: 'br', encode: zlib.brotliCompressSync, encoder: zlib.createBrotliCompress },
  ...('zstdCompressSync' in zlib
    ? [
        {
          title: 'zstd',
          name: 'zstd',
          encode: zlib.zstdCompressSync,
          encoder: zlib.createZstdCompress as unknown as Coding['encoder'],
        },
      ]
    : []),
];

/** The coding of this title. */
export function coding(title: string): Coding {
  const found = CODINGS.find((candidate) => candidate.title === title);
  if (found === undefined) throw new Error(`this Node has no ${title}`);
  return found;
}

/** What an encoder makes of these pieces, flushed after each of them, and at the end. */
export async function flushed({ encoder }: Coding, pieces: readonly string[]): Promise<Buffer[]> {
  const stream = encoder();
  const made: Buffer[] = [];
  let now: Buffer[] = [];
  stream.on('data', (bytes: Buffer) => now.push(bytes));
  const take = () => {
    made.push(Buffer.concat(now));
    now = [];
  };
  for (const piece of pieces) {
    stream.write(piece);
    await new Promise<void>((resolve) => stream.flush(resolve));
    take();
  }
  const ended = new Promise((resolve) => stream.once('end', resolve));
  stream.end();
  await ended;
  take();
  return made;
}
