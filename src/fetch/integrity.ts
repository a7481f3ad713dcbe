import { createHash } from 'node:crypto';

import { WholeContent } from './content.js';
import type { EngineResponse } from './response.js';

const metadata = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})$/;

/**
 * Holds a response back until all of its body is there and found to be what `integrity` says
 * (Subresource Integrity, "do bytes match metadataList").
 */
export function verifying(
  integrity: string,
  resolve: (response: Response) => void,
  reject: (reason: unknown) => void,
): (response: Response) => void {
  return (response) => {
    response.arrayBuffer().then((buffer) => {
      const bytes = Buffer.from(buffer);
      if (!matches(bytes, integrity)) {
        const cause = new Error('integrity mismatch');
        reject(new TypeError('fetch failed', { cause }));
        return;
      }
      const content = new WholeContent(bytes.toString('latin1'), false);
      resolve((response as unknown as EngineResponse).withContent(content));
    }, reject);
  };
}

/** Only the strongest algorithm that is named counts; what is not understood is passed over. */
function matches(bytes: Uint8Array, integrity: string): boolean {
  const known = integrity
    .trim()
    .split(/\s+/)
    .map((item) => metadata.exec(item.split('?', 1)[0] as string))
    .filter((item) => item !== null)
    .map(([, algorithm, digest]) => ({ algorithm: algorithm as string, digest: digest as string }));
  const strongest = known
    .map(({ algorithm }) => algorithm)
    .sort()
    .at(-1);
  if (strongest === undefined) return true;
  const actual = createHash(strongest).update(bytes).digest();
  return known
    .filter(({ algorithm }) => algorithm === strongest)
    .some(({ digest }) => Buffer.from(digest, 'base64').equals(actual));
}
