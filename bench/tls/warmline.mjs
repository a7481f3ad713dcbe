// warmline behind the shape of its peers (see peers/handshakes.mjs).
import { clientsWith } from '../harness/warmline.mjs';

/** @type {typeof import('../peers/handshakes.mjs').clients} */
export const clients = clientsWith(({ ca }) => ({ tls: { ca } }));
