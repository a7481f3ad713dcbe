// warmline behind the shape of its peers.
import { HttpClient } from 'warmline';

const headers = { 'content-type': 'application/json' };

/**
 * @template {{ url: string, body: string }} Posting
 * @param {(posting: Posting) => import('warmline').HttpClientOptions} options
 * @returns {Record<string, (posting: Posting) => Promise<() => Promise<any>>>}
 */
export function clientsWith(options) {
  return {
    async 'warmline.fetch'(posting) {
      const client = new HttpClient(options(posting));
      const { url, body } = posting;
      return async () => (await client.fetch(url, { method: 'POST', headers, body })).json();
    },

    async 'HttpClient.request'(posting) {
      const client = new HttpClient(options(posting));
      const { url, body } = posting;
      return async () => (await client.request('POST', url, { headers, body })).json();
    },
  };
}
