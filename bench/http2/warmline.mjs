// warmline behind the shape of its peers (see peers/http2.mjs).
import { HttpClient } from 'warmline';

const headers = { 'content-type': 'application/json' };

/** @type {typeof import('../peers/http2.mjs').clients} */
export const clients = {
  async 'warmline.fetch'({ url, body, ca }) {
    const client = new HttpClient({ tls: { ca }, maxConnections: 1 });
    return async () => (await client.fetch(url, { method: 'POST', headers, body })).json();
  },

  async 'HttpClient.request'({ url, body, ca }) {
    const client = new HttpClient({ tls: { ca }, maxConnections: 1 });
    return async () => (await client.request('POST', url, { headers, body })).json();
  },
};
