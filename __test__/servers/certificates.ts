import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import * as der from './der.js';

/** What a server, or a client that is asked, presents: PEM texts as `node:tls` takes them. */
export interface Identity {
  /** The certificate, followed by those of its issuers that the server sends along. */
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface Subject {
  readonly name: string;
  /** DNS names and IPv4 addresses; none for an authority. */
  readonly hosts?: readonly string[];
  /** Default: yesterday. */
  readonly notBefore?: Date;
  /** Default: tomorrow. */
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;

/** The moment so many days from now; negative for the past. */
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

// RFC 5280 and RFC 5758.
const ECDSA_WITH_SHA256 = der.sequence(der.objectId('1.2.840.10045.4.3.2'));
const COMMON_NAME = der.objectId('2.5.4.3');
const SUBJECT_KEY_ID = der.objectId('2.5.29.14');
const KEY_USAGE = der.objectId('2.5.29.15');
const SUBJECT_ALT_NAME = der.objectId('2.5.29.17');
const BASIC_CONSTRAINTS = der.objectId('2.5.29.19');
const AUTHORITY_KEY_ID = der.objectId('2.5.29.35');
const EXTENDED_KEY_USAGE = der.objectId('2.5.29.37');
const SERVER_AUTH = der.objectId('1.3.6.1.5.5.7.3.1');
const CLIENT_AUTH = der.objectId('1.3.6.1.5.5.7.3.2');
const DIGITAL_SIGNATURE = der.bitString(Buffer.from([0x80]), 7);
const CERT_AND_CRL_SIGN = der.bitString(Buffer.from([0x06]), 1);
const VERSION_3 = der.tagged(0xa0, der.integer(Buffer.from([2])));

interface Signer {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Signs certificates that are trusted by whoever trusts its own. */
export class CertificateAuthority {
  /** Its own certificate, for NODE_EXTRA_CA_CERTS or the `ca` option. */
  readonly cert: string;
  /** Certificates that servers send along with those that it signs: its own and its issuers', without the root. */
  readonly #chain: string;
  readonly #signer: Signer;

  /** A root, or what `issuer` vouches for. */
  constructor(name: string, issuer?: CertificateAuthority) {
    this.#signer = { name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
    this.cert = certificate(
      { name },
      this.#signer,
      issuer === undefined ? this.#signer : issuer.#signer,
      true,
    );
    this.#chain = issuer === undefined ? '' : this.cert + issuer.#chain;
  }

  /** Makes a key and its certificate; with `alone`, the issuers' certificates are left out. */
  issue(subject: Subject, { alone = false } = {}): Identity {
    const pair = { name: subject.name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
    const cert = certificate(subject, pair, this.#signer, false);
    return { cert: alone ? cert : cert + this.#chain, key: pem(pair.privateKey) };
  }
}

/** A server's certificate signed with its own key. */
export function selfSigned(subject: Subject): Identity {
  const pair = { name: subject.name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  return { cert: certificate(subject, pair, pair, false), key: pem(pair.privateKey) };
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

function certificate(subject: Subject, owner: Signer, issuer: Signer, authority: boolean): string {
  const hosts = subject.hosts ?? [];
  const extensions = [
    extension(BASIC_CONSTRAINTS, der.sequence(...(authority ? [der.boolean(true)] : [])), true),
    extension(KEY_USAGE, authority ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE, true),
    extension(SUBJECT_KEY_ID, der.octetString(keyId(owner))),
    extension(AUTHORITY_KEY_ID, der.sequence(der.tagged(0x80, keyId(issuer)))),
  ];
  if (!authority) {
    const purposes = der.sequence(SERVER_AUTH, CLIENT_AUTH);
    extensions.push(extension(EXTENDED_KEY_USAGE, purposes));
  }
  if (hosts.length > 0) {
    extensions.push(extension(SUBJECT_ALT_NAME, der.sequence(...hosts.map(generalName))));
  }
  const toBeSigned = der.sequence(
    VERSION_3,
    der.integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    der.sequence(
      der.generalizedTime(subject.notBefore ?? daysFromNow(-1)),
      der.generalizedTime(subject.notAfter ?? daysFromNow(1)),
    ),
    distinguishedName(subject.name),
    publicKeyInfo(owner),
    der.tagged(0xa3, der.sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, issuer.privateKey);
  const bytes = der.sequence(toBeSigned, ECDSA_WITH_SHA256, der.bitString(signature));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function extension(id: Buffer, value: Buffer, critical = false): Buffer {
  return der.sequence(id, ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(COMMON_NAME, der.utf8String(commonName))));
}

function generalName(host: string): Buffer {
  if (isIP(host) === 4) return der.tagged(0x87, Buffer.from(host.split('.').map(Number)));
  return der.tagged(0x82, Buffer.from(host));
}

function publicKeyInfo({ publicKey }: Signer): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function keyId(owner: Signer): Buffer {
  return createHash('sha1').update(publicKeyInfo(owner)).digest();
}
