// Every client behind one shape, each as its own documentation says to use it for many requests to
// one server: connections kept alive, and enough of them.

/**
 * @typedef {object} Posting
 * @property {string} url
 * @property {string} body JSON
 * @property {number} concurrency how many requests are in flight at once
 *
 * @typedef {() => Promise<any>} Post sends the body and reads the whole answer as JSON
 */

const headers = { 'content-type': 'application/json' };

/** @type {Record<string, (posting: Posting) => Promise<Post>>} */
export const clients = {
  async 'built-in fetch'({ url, body }) {
    return async () => (await fetch(url, { method: 'POST', headers, body })).json();
  },

  async 'undici fetch'({ url, body, concurrency }) {
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connections: concurrency });
    return async () => (await fetch(url, { method: 'POST', headers, body, dispatcher })).json();
  },

  async 'undici.request'({ url, body, concurrency }) {
    const { Agent, request } = await import('undici');
    const dispatcher = new Agent({ connections: concurrency });
    return async () =>
      (await request(url, { method: 'POST', headers, body, dispatcher })).body.json();
  },

  async 'node:http'({ url, body, concurrency }) {
    const http = await import('node:http');
    const { hostname, port, pathname } = new URL(url);
    const options = {
      hostname,
      port,
      path: pathname,
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: new http.Agent({
        keepAlive: true,
        maxSockets: concurrency,
        maxFreeSockets: concurrency,
      }),
    };
    return () =>
      new Promise((resolve, reject) => {
        const request = http.request(options, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.once('end', () => resolve(JSON.parse(text)));
          response.once('error', reject);
        });
        request.once('error', reject);
        request.end(body);
      });
  },

  async axios({ url, body, concurrency }) {
    const [{ default: axios }, http] = await Promise.all([import('axios'), import('node:http')]);
    const instance = axios.create({
      httpAgent: new http.Agent({
        keepAlive: true,
        maxSockets: concurrency,
        maxFreeSockets: concurrency,
      }),
      headers,
    });
    return async () => (await instance.post(url, body)).data;
  },

  async got({ url, body, concurrency }) {
    const [{ default: got }, http] = await Promise.all([import('got'), import('node:http')]);
    const agent = new http.Agent({
      keepAlive: true,
      maxSockets: concurrency,
      maxFreeSockets: concurrency,
    });
    const instance = got.extend({ agent: { http: agent }, headers, retry: { limit: 0 } });
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
