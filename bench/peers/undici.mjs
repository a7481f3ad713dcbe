// undici's two interfaces for bodies that are streamed.

/**
 * @param {string} interfaceName `undici fetch` or `undici.request`
 * @param {{ url: string, init: any, count: number }} options `count`: connections at once
 * @returns {Promise<() => Promise<AsyncIterable<Uint8Array>>>}
 */
export async function open(interfaceName, { url, init, count }) {
  const { Agent, fetch, request } = await import('undici');
  const dispatcher = new Agent({ connections: count, keepAliveTimeout: 60_000 });
  return interfaceName === 'undici fetch'
    ? async () => (await fetch(url, { ...init, dispatcher })).body
    : async () => (await request(url, { ...init, dispatcher })).body;
}
