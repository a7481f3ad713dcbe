// Every way to pass an upstream's stream on to a client of node:http that is compared, as people write it.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * @typedef {(url: string, body: Buffer, response: import('node:http').ServerResponse) => Promise<unknown>} Pass
 * asks the upstream and passes its answer on; a client that leaves ends its stream at the upstream, and is no error
 */

/** A stream may take as long as it takes, as with the others. */
const NO_DEADLINE = { timeout: {} };

const headers = { 'content-type': 'application/json' };

/** How a pipeline ends whose client has left: meanwhile, or before it began. */
const LEFT = ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE'];

/** A client that leaves ends its stream, and that is all. */
const unlessLeft = (passing) =>
  passing.catch((error) => {
    if (!LEFT.includes(error.code)) throw error;
  });

/** @type {Record<string, (connections: number) => Promise<Pass>>} */
export const gateways = {
  async 'built-in fetch'() {
    return async (url, body, response) => {
      const upstream = await fetch(url, { method: 'POST', headers, body });
      // Left while the upstream was asked: there is nothing to pipe into.
      if (response.destroyed) return upstream.body.cancel();
      response.writeHead(upstream.status, {
        'content-type': upstream.headers.get('content-type') ?? '',
      });
      await unlessLeft(pipeline(Readable.fromWeb(upstream.body), response));
    };
  },

  async 'undici.request'(connections) {
    const { Agent, request } = await import('undici');
    const dispatcher = new Agent({ connections });
    return async (url, body, response) => {
      const upstream = await request(url, { method: 'POST', headers, body, dispatcher });
      if (response.destroyed) {
        // Destroyed before its end, it has an error to tell, and nobody to tell it to.
        upstream.body.on('error', () => {}).destroy();
        return;
      }
      response.writeHead(upstream.statusCode, { 'content-type': upstream.headers['content-type'] });
      await unlessLeft(pipeline(upstream.body, response));
    };
  },

  async 'node:http'(connections) {
    const { Agent, request } = await import('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    return (url, body, response) =>
      new Promise((resolve, reject) => {
        const asked = request(url, { method: 'POST', headers, agent }, (upstream) => {
          if (response.destroyed) {
            upstream.destroy();
            resolve();
            return;
          }
          response.writeHead(upstream.statusCode, {
            'content-type': upstream.headers['content-type'],
          });
          unlessLeft(pipeline(upstream, response)).then(resolve, reject);
        });
        // More than one may come, and each unheard one would end the process.
        asked.on('error', reject);
        asked.end(body);
      });
  },

  async 'warmline passThrough'(connections) {
    const { HttpClient, passThrough } = await import('warmline');
    const client = new HttpClient({ maxConnections: connections, ...NO_DEADLINE });
    return async (url, body, response) => {
      const upstream = await client.fetch(url, { method: 'POST', headers, body });
      const { response: passed } = passThrough(upstream);
      if (response.destroyed) return passed.body.cancel();
      response.writeHead(passed.status, Object.fromEntries(passed.headers));
      await unlessLeft(pipeline(Readable.fromWeb(passed.body), response));
    };
  },

  async 'warmline pipe, by way of JavaScript'(connections) {
    const pass = await gateways['warmline pipe'](connections);
    return (url, body, response) => {
      // As middleware does that changes what is written.
      const { write } = response;
      response.write = (...args) => write.apply(response, args);
      return pass(url, body, response);
    };
  },

  async 'warmline pipe'(connections) {
    const { HttpClient, pipe } = await import('warmline');
    const client = new HttpClient({ maxConnections: connections, ...NO_DEADLINE });
    return async (url, body, response) =>
      pipe(await client.fetch(url, { method: 'POST', headers, body }), response);
  },
};
