// Every client behind one shape, each as its own documentation says to use it for many requests to
// one server: connections kept alive, and enough of them.
import { poster } from './node-http.mjs';
import { posters as undici } from './undici.mjs';

/**
 * @typedef {object} Posting
 * @property {string} url
 * @property {string} body JSON
 * @property {number} concurrency how many requests are in flight at once
 *
 * @typedef {() => Promise<any>} Post sends the body and reads the whole answer as JSON
 */

const headers = { 'content-type': 'application/json' };

const keepAliveAgent = (http, { concurrency }) =>
  new http.Agent({ keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency });

/** @type {Record<string, (posting: Posting) => Promise<Post>>} */
export const clients = {
  async 'built-in fetch'({ url, body }) {
    return async () => (await fetch(url, { method: 'POST', headers, body })).json();
  },

  ...undici(({ concurrency }) => ({ connections: concurrency })),

  async 'node:http'(posting) {
    const http = await import('node:http');
    return poster(http, keepAliveAgent(http, posting), posting);
  },

  async axios({ url, body, concurrency }) {
    const [{ default: axios }, http] = await Promise.all([import('axios'), import('node:http')]);
    const instance = axios.create({
      httpAgent: keepAliveAgent(http, { concurrency }),
      headers,
    });
    return async () => (await instance.post(url, body)).data;
  },

  async got({ url, body, concurrency }) {
    const [{ default: got }, http] = await Promise.all([import('got'), import('node:http')]);
    const agent = { http: keepAliveAgent(http, { concurrency }) };
    const instance = got.extend({ agent, headers, retry: { limit: 0 } });
    return () => instance.post(url, { body }).json();
  },

  async impit({ url, body }) {
    const { Impit } = await import('impit');
    const impit = new Impit();
    return async () => (await impit.fetch(url, { method: 'POST', headers, body })).json();
  },

  async 'wreq-js'({ url, body, concurrency }) {
    const { createTransport, fetch } = await import('wreq-js');
    const transport = await createTransport({ poolMaxIdlePerHost: concurrency });
    return async () => (await fetch(url, { method: 'POST', headers, body, transport })).json();
  },
};
