// The queue that people put before `fetch` to keep to a rate limit, used as its documentation says for providers
// that are strict about theirs.

/**
 * @typedef {object} Limited
 * @property {(name: string, priority: 'high' | 'low') => Promise<unknown>} ask
 * @property {() => number} waiting how many requests are in line
 * @property {() => void} stop drops what waits
 *
 * @param {{ url: string, body: string, perWindow: number, window: number, connections: number }} options
 *   `window`: milliseconds
 * @returns {Promise<Limited>}
 */
export async function open({ url, body, perWindow, window, connections }) {
  const [{ default: PQueue }, { Agent, fetch }] = await Promise.all([
    import('p-queue'),
    import('undici'),
  ]);
  const dispatcher = new Agent({ connections });
  const queue = new PQueue({ intervalCap: perWindow, interval: window, strict: true });
  return {
    ask: (name, priority) => {
      const headers = { 'content-type': 'application/json', 'x-mock-id': name };
      const init = { method: 'POST', headers, body, dispatcher };
      const send = async () => (await fetch(url, init)).text();
      return queue.add(send, { priority: priority === 'high' ? 1 : 0 });
    },
    waiting: () => queue.size,
    stop: () => queue.clear(),
  };
}
