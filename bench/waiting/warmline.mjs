// warmline behind the shape of its peer (see peers/limits.mjs).
import { HttpClient } from 'warmline';

/** @type {typeof import('../peers/limits.mjs').open} */
export async function open({ url, body, perWindow, window, connections }) {
  const client = new HttpClient({
    rateLimit: { requestsPerMinute: (perWindow * 60_000) / window, window },
    maxConnections: connections,
    maxKeepaliveConnections: connections,
    // Those who wait do so for as long as it takes.
    timeout: {},
  });
  return {
    ask: (name, priority) => {
      const headers = { 'content-type': 'application/json', 'x-mock-id': name };
      return client.request('POST', url, { headers, body, priority });
    },
    waiting: () => client.getRateLimits()[0]?.waiting ?? 0,
    stop: () => client.destroy(),
  };
}
