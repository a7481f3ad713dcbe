import type { Identity } from '../servers/certificates.js';
import { type Peer, startPeer } from './peer.js';

/** Starts an nghttpd that answers with what it is sent; without an identity by HTTP/2 without TLS. */
export function nghttpd(
  identity: Identity | undefined,
  options: readonly string[] = [],
): Promise<Peer> {
  return startPeer({
    program: 'nghttpd',
    args: (port) => [
      '--echo-upload',
      ...['-a', '127.0.0.1'],
      ...options,
      ...(identity === undefined
        ? ['--no-tls', String(port)]
        : [String(port), 'key.pem', 'cert.pem']),
    ],
    files: () =>
      identity === undefined ? {} : { 'cert.pem': identity.cert, 'key.pem': identity.key },
  });
}
