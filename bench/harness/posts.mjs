// POSTs with 1 KB up and 600 B down, so many at a time, by one client: what is measured in its process.
import { report } from './child.mjs';
import { drive } from './drive.mjs';

const BODY_BYTES = 1024;

/**
 * Opens a client. What it gives posts once, checks the answer, and counts itself.
 *
 * @param {object} options
 * @param {string} options.client its name
 * @param {(request: { body: string }) => Promise<() => Promise<{ object?: string }>>} options.open makes
 *   what posts once and gives the answer
 * @returns {Promise<(run: { meter: import('./meter.mjs').Meter }) => Promise<void>>}
 */
export async function openPosts({ client, open }) {
  const request = { model: 'mock-small', messages: [{ role: 'user', content: '' }] };
  request.messages[0].content = 'x'.repeat(BODY_BYTES - JSON.stringify(request).length);
  const post = await open({ body: JSON.stringify(request) });
  return async (run) => {
    const start = performance.now();
    const answer = await post();
    if (answer.object !== 'chat.completion') throw new Error(`${client} read something else`);
    run.meter.latency(performance.now() - start);
    run.meter.count();
  };
}

/**
 * Measures the posts of this process's only client, and reports them.
 *
 * @param {Parameters<typeof openPosts>[0] & { concurrency: number, plan: object }} options `plan`: of
 *   {@link drive}
 */
export async function measurePosts({ client, open, concurrency, plan }) {
  const postOnce = await openPosts({ client, open });
  const reading = await drive(postOnce, { ...plan, concurrency });
  report({ ...reading, rss: process.memoryUsage.rss() });
}
