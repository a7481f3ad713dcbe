// warmline behind the shape of its peers (see peers/clients.mjs).
import { HttpClient } from 'warmline';
import { clients as plain } from '../requests/warmline.mjs';

const headers = { 'content-type': 'application/json' };

/** @type {typeof import('../peers/clients.mjs').clients} */
export const clients = {
  ...plain,

  async 'HttpClient, minIdle 1'({ url, body }) {
    const client = new HttpClient({ minIdle: 1 });
    return async () => (await client.request('POST', url, { headers, body })).json();
  },
};
