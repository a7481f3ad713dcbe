import type { Identity } from '../servers/certificates.js';
import { type Peer, startPeer } from './peer.js';

/** What an nginx is to do. */
export interface NginxSite {
  /** Directives of the server block. */
  readonly server: string;
  /** Shown to clients, who then speak TLS with it. */
  readonly identity?: Identity;
  /** Speaks HTTP/2, too, in TLS. */
  readonly http2?: boolean;
  /** The certificate of the authority whose clients are let in. */
  readonly callers?: string;
}

/** Starts an nginx with one site; `unix.sock` in its folder leads to the same one. */
export function nginx({ server, identity, http2, callers }: NginxSite): Promise<Peer> {
  const tls = identity === undefined ? '' : ` ssl${http2 ? ' http2' : ''}`;
  return startPeer({
    program: 'nginx',
    args: (_, folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off;'],
    files: (port) => ({
      ...(identity === undefined ? {} : { 'cert.pem': identity.cert, 'key.pem': identity.key }),
      ...(callers === undefined ? {} : { 'callers.pem': callers }),
      'nginx.conf': `
        master_process off;
        pid nginx.pid;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          server {
            listen 127.0.0.1:${port}${tls};
            listen unix:unix.sock${tls};
            ${identity === undefined ? '' : 'ssl_certificate cert.pem; ssl_certificate_key key.pem;'}
            ${callers === undefined ? '' : 'ssl_client_certificate callers.pem;'}
            ${server}
          }
        }
      `,
    }),
  });
}
