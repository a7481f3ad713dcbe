import {
  brotliCompressSync,
  constants,
  crc32,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from 'node:zlib';
import { type Body, bytesOf, piece } from './script.js';

/** A body in each coding that servers use, as a whole. */
export function codingsOf(body: Body): Record<string, Body> {
  const bytes = bytesOf(body);
  const coded = (coding: string, content: Buffer): Body => ({
    ...body,
    coding,
    pieces: [piece(content.subarray(0, 20), 0), piece(content.subarray(20), 0)],
  });
  const gzip = gzipSync(bytes);
  return {
    'coded in gzip': coded('gzip', gzip),
    'coded in br': coded('br', brotliCompressSync(bytes)),
    'coded in deflate': coded('deflate', deflateSync(bytes)),
    'coded in gzip, and then in br': coded('gzip, br', brotliCompressSync(gzip)),
    'coded in something else than it says': coded('gzip', bytes),
    'coded in what nobody knows': coded('rot13', bytes),
  };
}

/** A body in gzip whose last bytes are missing, which its server does not know. */
export function truncated(body: Body): Body {
  return { ...body, coding: 'gzip', pieces: [piece(gzipSync(bytesOf(body)).subarray(0, -12), 0)] };
}

const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** A body in gzip that is flushed after each piece, so that each can be read when it comes (RFC 1952). */
export function flushed(body: Body): Body {
  const bytes = bytesOf(body);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(bytes));
  end.writeUInt32LE(bytes.length, 4);
  const pieces = body.pieces.map(({ bytes, values }, i) => {
    const part = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    return piece(Buffer.concat([i === 0 ? HEAD : Buffer.alloc(0), part]), values);
  });
  const last = piece(Buffer.concat([deflateRawSync(Buffer.alloc(0)), end]), 0);
  return { ...body, coding: 'gzip', pieces: [...pieces, last] };
}
