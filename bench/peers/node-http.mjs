// node:http, node:https and node:http2, read as their documentation does.

/** Reads a stream to its end, as JSON. */
export function readJson(stream, resolve, reject) {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    text += chunk;
  });
  stream.once('end', () => resolve(JSON.parse(text)));
  stream.once('error', reject);
}

/**
 * @param {typeof import('node:http') | typeof import('node:https')} module
 * @param {import('node:http').Agent} agent
 * @param {{ url: string, body: string }} posting
 * @returns {() => Promise<any>} posts once and gives the answer
 */
export function poster({ request }, agent, { url, body }) {
  const { hostname, port, pathname } = new URL(url);
  const options = {
    hostname,
    port,
    path: pathname,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    agent,
  };
  return () =>
    new Promise((resolve, reject) => {
      const sent = request(options, (response) => readJson(response, resolve, reject));
      sent.once('error', reject);
      sent.end(body);
    });
}
