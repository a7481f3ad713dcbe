/** How an exchange went: the third line of a head, as the engine's `facts.rs` writes it. */

/** Where a request's time went, in milliseconds. */
export interface RequestTimings {
  /** From the call to a connection, opening it included. After redirects: to that of the last request. */
  readonly queue: number;
  /** Of that, the name look-up; 0 on a connection that was open already, as are the next two. */
  readonly dns: number;
  /** Opening the TCP connection, a proxy's tunnel included. */
  readonly connect: number;
  /** The TLS handshake. */
  readonly tls: number;
  /** From the connection to the last byte of the request, or to the response's head where that came first. */
  readonly send: number;
  /** From there to the response's head. */
  readonly firstByte: number;
  /** From the call to the last byte of the response's body; `undefined` as long as that has not come. */
  readonly total: number | undefined;
}

/** The connection that a response came on. */
export interface ResponseConnection {
  /** The pool's number for it. */
  readonly id: number;
  /** Whether it had carried a request before. */
  readonly reused: boolean;
  /** As ALPN spells it: `http/1.0`, `http/1.1` or `h2`. */
  readonly protocol: string;
  /** Which try of the request this was, from 1, by whatever it was sent again. */
  readonly attempt: number;
  /** The other end, the server or its proxy, such as `192.0.2.1:443` or `[2001:db8::1]:443`; `undefined` where there is none. */
  readonly remoteAddress: string | undefined;
  /** Our end. */
  readonly localAddress: string | undefined;
}

const UNKNOWN = '-';

/** The line in a head. */
export function factsIn(head: string): string {
  return head.split('\n', 3)[2] as string;
}

/** What a line says of the time; `total` is known elsewhere. */
export function timingsOf(line: string, total: number | undefined): RequestTimings {
  const [queue, dns, connect, tls, send, firstByte] = line
    .split(' ')
    .slice(6)
    .map((micros) => millis(Number(micros)));
  return { queue, dns, connect, tls, send, firstByte, total } as RequestTimings;
}

const STEPS = ['queue', 'dns', 'connect', 'tls'] as const;

/** The time of a request that never had a connection; `reached`: microseconds of each step towards one that was begun. */
export function timingsTowards(reached: readonly number[], total: number): Partial<RequestTimings> {
  const taken = reached.map((micros, step) => [STEPS[step], millis(micros)]);
  return { ...Object.fromEntries(taken), total };
}

/** What a line says of the connection. */
export function connectionOf(line: string): ResponseConnection {
  const [id, reused, protocol, attempt, remote, local] = line.split(' ') as string[];
  return {
    id: Number(id),
    reused: reused === '1',
    protocol: protocol as string,
    attempt: Number(attempt),
    remoteAddress: remote === UNKNOWN ? undefined : remote,
    localAddress: local === UNKNOWN ? undefined : local,
  };
}

/** Microseconds as milliseconds. */
export function millis(micros: number): number {
  return micros / 1000;
}
