// Every peer that has HTTP/2 behind one shape: one connection, and as many streams on it as there are
// requests in flight.

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
  return new Agent({
    allowH2: true,
    connections: 1,
    maxConcurrentStreams: concurrency,
    pipelining: concurrency,
    connect: { ca },
  });
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

  async 'node:http2'({ url, body, ca }) {
    const http2 = await import('node:http2');
    const { origin, pathname } = new URL(url);
    const session = http2.connect(origin, { ca });
    const head = {
      ...headers,
      ':method': 'POST',
      ':path': pathname,
      'content-length': Buffer.byteLength(body),
    };
    return () =>
      new Promise((resolve, reject) => {
        const stream = session.request(head);
        let text = '';
        stream.setEncoding('utf8');
        stream.on('data', (chunk) => {
          text += chunk;
        });
        stream.once('end', () => resolve(JSON.parse(text)));
        stream.once('error', reject);
        stream.end(body);
      });
  },
};
