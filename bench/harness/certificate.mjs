// A certificate for localhost, made by openssl: Node can make none.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes `key.pem` and `cert.pem`, which is its own authority, into a folder.
 *
 * @param {string} folder
 * @returns {string} the certificate
 */
export function certificate(folder) {
  const config = join(folder, 'openssl.cnf');
  writeFileSync(
    config,
    `[req]
    distinguished_name = name
    x509_extensions = extensions
    prompt = no
    [name]
    CN = localhost
    [extensions]
    subjectAltName = DNS:localhost`,
  );
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-config', config],
      ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
    ],
    { stdio: 'ignore' },
  );
  return readFileSync(join(folder, 'cert.pem'), 'utf8');
}
