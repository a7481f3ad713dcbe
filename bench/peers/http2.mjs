// Every peer that has HTTP/2 behind one shape: one connection, and as many streams on it as there are
// requests in flight.
import { readJson } from './node-http.mjs';
import { posters as undici } from './undici.mjs';

/**
 * @typedef {object} Posting
 * @property {string} url
 * @property {string} body JSON
 * @property {string} ca the server's certificate
 * @property {number} concurrency how many requests are in flight at once
 */

/** @type {Record<string, (posting: Posting) => Promise<() => Promise<any>>>} */
export const clients = {
  ...undici(({ ca, concurrency }) => ({
    allowH2: true,
    connections: 1,
    maxConcurrentStreams: concurrency,
    pipelining: concurrency,
    connect: { ca },
  })),

  async 'node:http2'({ url, body, ca }) {
    const http2 = await import('node:http2');
    const { origin, pathname } = new URL(url);
    const session = http2.connect(origin, { ca });
    const head = {
      'content-type': 'application/json',
      ':method': 'POST',
      ':path': pathname,
      'content-length': Buffer.byteLength(body),
    };
    return () =>
      new Promise((resolve, reject) => {
        const stream = session.request(head);
        readJson(stream, resolve, reject);
        stream.end(body);
      });
  },
};
