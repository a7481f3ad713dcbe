// warmline behind the shape of its peers (see peers/handshakes.mjs).
import { HttpClient } from 'warmline';

const headers = { 'content-type': 'application/json' };

/** @type {typeof import('../peers/handshakes.mjs').clients} */
export const clients = {
  async 'warmline.fetch'({ url, body, ca }) {
    const client = new HttpClient({ tls: { ca } });
    return async () => (await client.fetch(url, { method: 'POST', headers, body })).json();
  },

  async 'HttpClient.request'({ url, body, ca }) {
    const client = new HttpClient({ tls: { ca } });
    return async () => (await client.request('POST', url, { headers, body })).json();
  },
};
