import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Writable } from 'node:stream';

/** Where `pipe` leads: a response of Node's servers, or any other stream. */
export type Destination = ServerResponse | Http2ServerResponse | Writable;

/** HTTP/2's INTERNAL_ERROR (RFC 9113, section 7). */
const INTERNAL_ERROR = 2;

/** What both kinds of responses have, though HTTP/2's types do not tell of all of it. */
export type Head = Pick<
  ServerResponse,
  'statusCode' | 'headersSent' | 'hasHeader' | 'getHeader' | 'setHeader' | 'flushHeaders'
>;

export function isResponse(destination: object): destination is Head {
  return 'setHeader' in destination && 'statusCode' in destination;
}

function isOfHttp2(destination: Destination): destination is Http2ServerResponse {
  return 'stream' in destination;
}

/** Nothing can be written any more: its client has gone. */
export function isClosed(destination: Destination): boolean {
  const { socket } = destination as { socket?: { destroyed?: boolean } | null };
  return (destination as Writable).destroyed === true || socket?.destroyed === true;
}

/** Ends it in a way that nobody takes for its end. */
export function cut(destination: Destination, reason: unknown): void {
  if (!isResponse(destination)) {
    (destination as Writable).destroy(reason instanceof Error ? reason : undefined);
  } else if (isOfHttp2(destination)) {
    destination.stream.close(INTERNAL_ERROR);
  } else {
    // With an error, it would be one of the server's connection.
    (destination as ServerResponse).destroy();
  }
}
