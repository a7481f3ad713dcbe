import { invalid } from './invalid.js';
import { RequestFlag } from './wire.js';

/** What a request's body can be encoded with. */
export type Compression = 'gzip' | 'zstd';

const FLAGS: Record<Compression, number> = {
  gzip: RequestFlag.compressGzip,
  zstd: RequestFlag.compressZstd,
};

/**
 * The flag for a wish; 0 for none.
 *
 * @throws {TypeError} for anything else.
 */
export function compressionFlag(compress: Compression | false | undefined): number {
  if (compress === undefined || compress === false) return 0;
  if (Object.hasOwn(FLAGS, compress)) return FLAGS[compress];
  throw invalid('compress', `${Object.keys(FLAGS).join(', ')} or false`, compress);
}
