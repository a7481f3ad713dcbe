// undici's two interfaces.

const headers = { 'content-type': 'application/json' };

/**
 * Both behind the shape of all peers.
 *
 * @template {{ url: string, body: string }} Posting
 * @param {(posting: Posting) => import('undici').Agent.Options} agentOptions
 * @returns {Record<string, (posting: Posting) => Promise<() => Promise<any>>>}
 */
export function posters(agentOptions) {
  return {
    async 'undici fetch'(posting) {
      const { Agent, fetch } = await import('undici');
      const dispatcher = new Agent(agentOptions(posting));
      const { url, body } = posting;
      return async () => (await fetch(url, { method: 'POST', headers, body, dispatcher })).json();
    },

    async 'undici.request'(posting) {
      const { Agent, request } = await import('undici');
      const dispatcher = new Agent(agentOptions(posting));
      const { url, body } = posting;
      return async () =>
        (await request(url, { method: 'POST', headers, body, dispatcher })).body.json();
    },
  };
}

/**
 * For bodies that are streamed.
 *
 * @param {string} interfaceName `undici fetch` or `undici.request`
 * @param {{ url: string, count: number }} options `count`: connections at once
 * @returns {Promise<(init: any) => Promise<AsyncIterable<Uint8Array>>>}
 */
export async function open(interfaceName, { url, count }) {
  const { Agent, fetch, request } = await import('undici');
  const dispatcher = new Agent({ connections: count, keepAliveTimeout: 60_000 });
  return async (init) => {
    const answer =
      interfaceName === 'undici fetch'
        ? await fetch(url, { ...init, dispatcher })
        : await request(url, { ...init, dispatcher });
    const status = answer.status ?? answer.statusCode;
    if (status !== 200) throw new Error(`${interfaceName} was answered ${status} by ${url}`);
    return answer.body;
  };
}
