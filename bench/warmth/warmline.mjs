// warmline behind the shape of its peers (see peers/clients.mjs).
import { clientsWith } from '../harness/warmline.mjs';
import { clients as plain } from '../requests/warmline.mjs';

const warm = clientsWith(() => ({ minIdle: 1 }));

/** @type {typeof import('../peers/clients.mjs').clients} */
export const clients = { ...plain, 'HttpClient, minIdle 1': warm['HttpClient.request'] };
