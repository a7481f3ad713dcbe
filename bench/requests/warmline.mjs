// warmline behind the shape of its peers (see peers/clients.mjs).
import { fetch, HttpClient } from 'warmline';

const headers = { 'content-type': 'application/json' };

/** @type {typeof import('../peers/clients.mjs').clients} */
export const clients = {
  async 'warmline.fetch'({ url, body }) {
    return async () => (await fetch(url, { method: 'POST', headers, body })).json();
  },

  async 'HttpClient.request'({ url, body, concurrency }) {
    const client = new HttpClient({ maxKeepaliveConnections: concurrency });
    return async () => (await client.request('POST', url, { headers, body })).json();
  },
};
