// warmline's clients behind the shape of their peers (see peers/resilience.mjs).
import { HttpClient } from 'warmline';

/** @param {import('warmline').HttpClientOptions} options */
const httpClient = (options) => async () => {
  const client = new HttpClient(options);
  return async (url, { method, priority, ...init }) => {
    const answer = await client.request(method, url, { ...init, priority });
    if (!answer.ok) throw Object.assign(new Error('refused'), { code: answer.status });
    return answer.json();
  };
};

/** @type {typeof import('../peers/resilience.mjs').clients} */
export const clients = {
  HttpClient: httpClient({}),
  'HttpClient, idempotency keys': httpClient({ retry: { idempotencyKey: true } }),
  // By default a breaker that opens stays so for a minute.
  'HttpClient, recovery after 2 s': httpClient({ circuitBreaker: { recoveryTimeout: 2000 } }),
  // It has no limit of its own, and keeps to what the provider's headers say is left.
  'HttpClient, limits followed': httpClient({ rateLimit: {} }),
};
