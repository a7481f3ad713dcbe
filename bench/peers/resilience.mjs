// The libraries that people put around `fetch` for the day on which a provider fails, each set up as the first
// example of its README has it; cockatiel without its breaker, too; and `fetch` alone.

/** A status is no failure for `fetch`, but one for whoever retries. */
class StatusError extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.code = status;
  }
}

/** @type {(url: string, init: RequestInit) => Promise<any>} the answer, parsed */
async function complete(url, init) {
  const response = await fetch(url, init);
  const answer = await response.json();
  if (!response.ok) throw new StatusError(response.status);
  return answer;
}

/** @type {Record<string, () => Promise<typeof complete>>} */
export const clients = {
  async 'built-in fetch'() {
    return complete;
  },

  async 'cockatiel over fetch'() {
    const { ConsecutiveBreaker, ExponentialBackoff, circuitBreaker, handleAll, retry, wrap } =
      await import('cockatiel');
    const retrying = retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() });
    const breaking = circuitBreaker(handleAll, {
      halfOpenAfter: 10 * 1000,
      breaker: new ConsecutiveBreaker(5),
    });
    const policy = wrap(retrying, breaking);
    return (url, init) => policy.execute(() => complete(url, init));
  },

  async 'cockatiel, retries alone'() {
    const { ExponentialBackoff, handleAll, retry } = await import('cockatiel');
    const policy = retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() });
    return (url, init) => policy.execute(() => complete(url, init));
  },

  async 'opossum over fetch'() {
    const { default: CircuitBreaker } = await import('opossum');
    const breaker = new CircuitBreaker(complete, {
      timeout: 3000,
      errorThresholdPercentage: 50,
      resetTimeout: 30000,
    });
    return (url, init) => breaker.fire(url, init);
  },
};
