/** What a monitor is asked. */

import type { IncomingMessage } from 'node:http';

/** A request, as far as a monitor looks at it, wherever it came from. */
export interface Question {
  readonly method: string;
  /** Of the host that was asked for, and the path. */
  readonly url: URL;
  /** The value of a header, whose name is in lower case; `undefined` without one. */
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A web request's. */
export function questionOf(request: Request): Question {
  return {
    method: request.method,
    url: new URL(request.url),
    header: (name) => request.headers.get(name) ?? undefined,
    body: request.body ?? nothing(),
  };
}

/** That of a request of `node:http`; `undefined` for one that is none. */
export function questionFrom(incoming: IncomingMessage): Question | undefined {
  const { method = '', url = '', headers } = incoming;
  // The origin form alone: a proxy's form and CONNECT's name hosts that are not ours.
  if (!url.startsWith('/') || headers.host === undefined) return undefined;
  if (!URL.canParse(`http://${headers.host}`)) return undefined;
  const target = new URL(`http://${headers.host}`);
  // Nothing but a host and a port: the URL is what those make.
  if (target.href !== `${target.origin}/` || !URL.canParse(target.origin + url)) return undefined;
  return {
    method,
    url: new URL(target.origin + url),
    header: (name) => headers[name]?.toString(),
    body: incoming,
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
