// A client without any policy and one with all of them, in one process and in turns so short that whatever slows the
// machine down slows both.
import { HttpClient } from 'warmline';
import { report, task } from '../harness/child.mjs';
import { openPosts } from '../harness/posts.mjs';
import { inTurns } from '../harness/turns.mjs';

const { url, concurrency, plan } = task();

/** As much as no client of a benchmark reaches. */
const BEYOND_REACH = 1_000_000_000;

const none = { retry: false, circuitBreaker: false, cooldown: false };
const all = {
  // Retries, breakers and pauses are there by default.
  rateLimit: {
    requestsPerMinute: BEYOND_REACH,
    tokensPerMinute: BEYOND_REACH,
    concurrentRequests: 2 * concurrency,
  },
  health: true,
  analytics: true,
  scaling: true,
  hedge: { delay: 10_000 },
};
/** What a client has that was not told anything of it. */
const defaults = {};

async function posts(options, more) {
  const headers = { 'content-type': 'application/json' };
  return openPosts({
    client: 'HttpClient',
    open: async ({ body }) => {
      const client = new HttpClient({ maxKeepaliveConnections: concurrency, ...options });
      return async () => (await client.request('POST', url, { headers, body, ...more })).json();
    },
  });
}

const clients = {
  none: await posts(none),
  defaults: await posts(defaults),
  // A POST is sent a second time only where it says that this does no harm.
  all: await posts(all, { hedge: true }),
};

report(await inTurns(clients, { concurrency, plan }));
