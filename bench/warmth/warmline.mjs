// warmline behind the shape of its peers (see peers/clients.mjs).
import { clientsWith } from '../harness/warmline.mjs';
import { clients as plain } from '../requests/warmline.mjs';

const warm = clientsWith(() => ({ minIdle: 1 }));
const keyed = clientsWith(({ concurrency }) => ({
  maxKeepaliveConnections: concurrency,
  retry: { idempotencyKey: true },
}));

/** @type {typeof import('../peers/clients.mjs').clients} */
export const clients = {
  ...plain,
  'HttpClient, minIdle 1': warm['HttpClient.request'],
  'HttpClient, idempotency keys': keyed['HttpClient.request'],
};
