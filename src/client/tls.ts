import { createPrivateKey } from 'node:crypto';

import { invalid, invalidSecret } from '../native/invalid.js';
import type { Binding } from '../native/load.js';
import { checkNames, several } from './checks.js';

/** A certificate or key in PEM form. */
export type Pem = string | Uint8Array;

/** How an {@link HttpClient} speaks TLS. */
export interface TlsOptions {
  /**
   * More certificate authorities to trust, beside those of the system and of `NODE_EXTRA_CA_CERTS`.
   * (`SSL_CERT_FILE` and `SSL_CERT_DIR` stand in for the system's.)
   */
  ca?: Pem | readonly Pem[];
  /** The client's certificate, followed by what links it to a root, for servers that ask for one. */
  cert?: Pem;
  /** The key of `cert`. */
  key?: Pem;
  /** Opens an encrypted `key`. */
  passphrase?: string;
  /** The oldest version to speak. Default `TLSv1.2`; there is none older. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Asked for (SNI) and looked for in the certificate, instead of the URL's host. */
  servername?: string;
  /**
   * The server's own key has to be one of these: `sha256/` and the base64 of the SHA-256 of its
   * public key (RFC 7469), the form that `curl --pinnedpubkey` takes with two slashes.
   */
  pins?: string | readonly string[];
  /**
   * `false` takes any certificate from anyone: whoever is on the way can read and change everything.
   * Warned about once (`WARMLINE_TLS_UNVERIFIED`). Pins are still checked. Default `true`.
   */
  rejectUnauthorized?: boolean;
}

type TlsSettings = NonNullable<Parameters<Binding['openClient']>[0]['tls']>;

const NAMES: readonly (keyof TlsOptions)[] = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'minVersion',
  'servername',
  'pins',
  'rejectUnauthorized',
];
const VERSIONS = new Map<unknown, number>([
  ['TLSv1.2', 2],
  ['TLSv1.3', 3],
]);
const PIN = /^sha256\/{1,2}([A-Za-z0-9+/]{43}=)$/;

let warned = false;

/**
 * Checks a client's `tls` option.
 *
 * @throws {TypeError} that names the option which is wrong or unknown.
 */
export function checkTls(_: string, tls: TlsOptions): TlsSettings {
  checkNames('tls', tls, NAMES);
  const { cert, key, passphrase, minVersion = 'TLSv1.2', servername } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    const [missing, there] = cert === undefined ? ['cert', 'key'] : ['key', 'cert'];
    throw invalidSecret(`tls.${missing}`, `given where tls.${there} is`);
  }
  const version = VERSIONS.get(minVersion);
  if (version === undefined) {
    throw invalid('tls.minVersion', [...VERSIONS.keys()].join(' or '), minVersion);
  }
  if (servername !== undefined && (typeof servername !== 'string' || servername === '')) {
    throw invalid('tls.servername', "a host's name", servername);
  }
  return {
    ca: several(tls.ca).map((ca) => pem('tls.ca', ca)),
    ...(cert === undefined ? {} : { cert: pem('tls.cert', cert) }),
    ...(key === undefined ? {} : { key: opened(key, passphrase) }),
    minVersion: version,
    ...(servername === undefined ? {} : { serverName: servername }),
    pins: several(tls.pins).map(pin),
    unverified: isUnverified(tls.rejectUnauthorized),
  };
}

function pem(name: string, value: Pem): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  throw invalidSecret(name, 'text in PEM form, or its bytes');
}

/** The key without its passphrase, in the one form that the engine reads. */
function opened(key: Pem, passphrase: string | undefined): string {
  const text = pem('tls.key', key);
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw invalidSecret('tls.passphrase', 'a string');
  }
  try {
    const opened = createPrivateKey({
      key: text,
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    return opened.export({ type: 'pkcs8', format: 'pem' }) as string;
  } catch (cause) {
    const allowed = `a key in PEM form that can be read (${(cause as Error).message})`;
    throw invalidSecret('tls.key', allowed, cause);
  }
}

function pin(text: string): Buffer {
  const [, base64] = (typeof text === 'string' ? PIN.exec(text) : undefined) ?? [];
  if (base64 === undefined) {
    throw invalid('tls.pins', '"sha256/" and 44 characters of base64', text);
  }
  return Buffer.from(base64, 'base64');
}

function isUnverified(rejectUnauthorized: boolean | undefined): boolean {
  if (rejectUnauthorized === undefined || rejectUnauthorized === true) return false;
  if (rejectUnauthorized !== false) {
    throw invalid('tls.rejectUnauthorized', 'true or false', rejectUnauthorized);
  }
  if (!warned) {
    warned = true;
    process.emitWarning(
      'an HttpClient with tls.rejectUnauthorized: false takes any certificate from anyone; ' +
        'name your authority in tls.ca instead',
      { code: 'WARMLINE_TLS_UNVERIFIED' },
    );
  }
  return true;
}
