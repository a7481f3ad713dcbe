// The OpenAI SDK behind the same shape, as it comes, which is with two retries, and patched.
import OpenAI from 'openai';

async function open(url, patched) {
  const client = new OpenAI({
    apiKey: 'a-key-that-the-mock-does-not-look-at',
    baseURL: new URL('/v1', url).href,
  });
  if (patched) {
    const { isNativeAvailable, patch } = await import('warmline');
    // It would be the client as it comes, compared with itself.
    if (!isNativeAvailable()) throw new Error('warmline is not built: npm run build');
    patch(client);
  }
  return (_, { headers, body }) => client.chat.completions.create(JSON.parse(body), { headers });
}

/** @type {Record<string, (url: string) => Promise<(url: string, init: any) => Promise<any>>>} */
export const clients = {
  'OpenAI SDK': (url) => open(url, false),
  'OpenAI SDK, patched': (url) => open(url, true),
};
