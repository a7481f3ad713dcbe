// Every peer behind one shape, for a server that closes each connection after its answer.
import { poster } from './node-http.mjs';
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
  ...undici(({ ca, concurrency }) => ({ connections: concurrency, connect: { ca } })),

  async 'node:https'(posting) {
    const https = await import('node:https');
    const { ca, concurrency } = posting;
    return poster(https, new https.Agent({ ca, maxSockets: concurrency }), posting);
  },
};
