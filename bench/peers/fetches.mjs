// The peers that come as a `fetch`, for an SDK that takes one.

/** @type {Record<string, (connections: number) => Promise<typeof fetch>>} `connections`: at once */
export const fetches = {
  async 'undici fetch'(connections) {
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connections });
    return (url, init) => fetch(url, { ...init, dispatcher });
  },

  async impit() {
    const { Impit } = await import('impit');
    const impit = new Impit();
    return (url, init) => impit.fetch(url, init);
  },

  async 'wreq-js'(connections) {
    const { createTransport, fetch } = await import('wreq-js');
    const transport = await createTransport({ poolMaxIdlePerHost: connections });
    return (url, init) => fetch(url, { ...init, transport });
  },
};
