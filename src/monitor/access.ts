/** Who may ask a monitor for what. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

import { type Answer, refusal } from './answers.js';
import type { Question } from './questions.js';

/** Where a request came from. */
export interface Origin {
  /** It came to a server of ours that listens to this machine alone. */
  readonly local: boolean;
}

/** What a request asks for besides figures: to look deeper, or to change something. */
export type Wanted = 'debug' | 'control';

/** The rules of one monitor. */
export class Access {
  readonly #digest: Buffer | undefined;
  readonly #hosts: ReadonlySet<string>;

  /** @param hosts names besides those of this machine that a local request may be addressed to. */
  constructor(token: string | undefined, hosts: readonly string[]) {
    this.#digest = token === undefined ? undefined : digest(token);
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
  }

  /** Whether anything can be changed by anybody. */
  get controls(): boolean {
    return this.#digest !== undefined;
  }

  /** A refusal, if the request is to have no answer. */
  refuse(question: Question, { local }: Origin, wanted: Wanted | undefined): Answer | undefined {
    // A page of somebody else's whose name leads here is told nothing (DNS rebinding).
    if (local && !this.#serves(question.url.hostname)) {
      return refusal(421, 'This host is not served here; see the option hosts');
    }
    if (this.#digest === undefined) {
      // Any page in a browser on this machine could post here; what it cannot do is know a token.
      if (wanted === 'control') return refusal(403, 'What changes something wants a token');
      if (wanted !== 'debug' || local) return undefined;
      return refusal(403, 'Debug endpoints want a token, or a monitor that listens on loopback');
    }
    if (this.#knows(question.header('authorization'))) return undefined;
    return refusal(401, 'A bearer token is wanted', { 'www-authenticate': 'Bearer' });
  }

  #serves(hostname: string): boolean {
    return isLoopback(hostname) || this.#hosts.has(hostname);
  }

  /** Takes as long whatever the token is: digests are compared, in full. */
  #knows(authorization = ''): boolean {
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (token === undefined || this.#digest === undefined) return false;
    return timingSafeEqual(digest(token), this.#digest);
  }
}

/** Whether a host's name or address is this machine's own. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
