// undici's two interfaces for bodies that are streamed.

/**
 * @param {string} interfaceName `undici fetch` or `undici.request`
 * @param {{ url: string, count: number }} options `count`: connections at once
 * @returns {Promise<(init: any) => Promise<AsyncIterable<Uint8Array>>>}
 */
export async function open(interfaceName, { url, count }) {
  const { Agent, fetch, request } = await import('undici');
  const dispatcher = new Agent({ connections: count, keepAliveTimeout: 60_000 });
  return interfaceName === 'undici fetch'
    ? async (init) => (await fetch(url, { ...init, dispatcher })).body
    : async (init) => (await request(url, { ...init, dispatcher })).body;
}
