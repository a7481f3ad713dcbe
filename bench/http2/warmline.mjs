// warmline behind the shape of its peers (see peers/http2.mjs).
import { clientsWith } from '../harness/warmline.mjs';

/** @type {typeof import('../peers/http2.mjs').clients} */
export const clients = clientsWith(({ ca }) => ({ tls: { ca }, maxConnections: 1 }));
