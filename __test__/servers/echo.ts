import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type HttpServer, httpServer } from './http.js';
import { headerValue, headerValues } from './wire.js';

/** A request as the echo server saw it. */
export class Echoed {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;

  constructor(seen: {
    method: string;
    url: string;
    headers: [name: string, value: string][];
    body: string;
  }) {
    this.method = seen.method;
    this.url = seen.url;
    this.headers = seen.headers;
    this.body = Buffer.from(seen.body, 'base64');
  }

  /** The only value of a header; undefined if absent. Throws if it came more than once. */
  header(name: string): string | undefined {
    return headerValue(this, name);
  }

  /** All values of a header, in the order in which they came. */
  headerValues(name: string): string[] {
    return headerValues(this, name);
  }

  /** The body as UTF-8. */
  get text(): string {
    return this.body.toString();
  }
}

/** Answers every request with a JSON description of it. */
export async function echoServer(): Promise<HttpServer> {
  return await httpServer((request, response) => void echo(request, response));
}

/** Answers one request with its JSON description; nothing is answered to a request whose body does not end. */
export async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body: Buffer;
  try {
    body = await buffer(request);
  } catch {
    return;
  }
  const headers: [string, string][] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    headers.push([request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string]);
  }
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      method: request.method,
      url: request.url,
      headers,
      body: body.toString('base64'),
    }),
  );
}

/** Reads an echo server's answer. */
export async function echoed(answer: Response | Promise<Response>): Promise<Echoed> {
  const response = await answer;
  return new Echoed((await response.json()) as ConstructorParameters<typeof Echoed>[0]);
}
