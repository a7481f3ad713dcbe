// Every peer behind one shape, for a server that closes each connection after its answer.

/**
 * @typedef {object} Posting
 * @property {string} url
 * @property {string} body JSON
 * @property {string} ca the server's certificate
 * @property {number} concurrency how many requests are in flight at once
 */

const headers = { 'content-type': 'application/json' };

async function undiciAgent({ ca, concurrency }) {
  const { Agent } = await import('undici');
  return new Agent({ connections: concurrency, connect: { ca } });
}

/** @type {Record<string, (posting: Posting) => Promise<() => Promise<any>>>} */
export const clients = {
  async 'undici fetch'(posting) {
    const { fetch } = await import('undici');
    const dispatcher = await undiciAgent(posting);
    const { url, body } = posting;
    return async () => (await fetch(url, { method: 'POST', headers, body, dispatcher })).json();
  },

  async 'undici.request'(posting) {
    const { request } = await import('undici');
    const dispatcher = await undiciAgent(posting);
    const { url, body } = posting;
    return async () =>
      (await request(url, { method: 'POST', headers, body, dispatcher })).body.json();
  },

  async 'node:https'({ url, body, ca, concurrency }) {
    const https = await import('node:https');
    const agent = new https.Agent({ ca, maxSockets: concurrency });
    const options = { agent, method: 'POST', headers };
    return () =>
      new Promise((resolve, reject) => {
        const request = https.request(url, options, (response) => {
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
};
