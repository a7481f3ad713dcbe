// warmline behind the shape of its peers (see peers/clients.mjs).
import { fetch } from 'warmline';
import { clientsWith } from '../harness/warmline.mjs';

const headers = { 'content-type': 'application/json' };

/** @type {typeof import('../peers/clients.mjs').clients} */
export const clients = {
  ...clientsWith(({ concurrency }) => ({ maxKeepaliveConnections: concurrency })),

  /** The one that needs no client. */
  async 'warmline.fetch'({ url, body }) {
    return async () => (await fetch(url, { method: 'POST', headers, body })).json();
  },
};
