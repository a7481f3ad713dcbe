// One stream and its reader, whose patience, pace and luck are drawn by chance.
import { setTimeout as wait } from 'node:timers/promises';
import { between, pick } from '../harness/random.mjs';
import { ofSdk, ways } from './numbers.mjs';

const WAYS = { events: 3, textDeltas: 3, bytes: 1, gateway: 3, sdk: 2 };
const FATES = { whole: 5, slow: 2, leave: 2, abort: 2, cut: 1, stall: 1 };
const INTERVALS = { 0: 1, 20: 1, 100: 3, 200: 3 };
const STOP = new Error('the reader has had enough');

/** Draws what one stream shall be like. */
export function plan(random) {
  const tokens = between(random, 1, 40);
  return {
    way: pick(random, WAYS),
    fate: pick(random, FATES),
    tokens,
    interval: pick(random, INTERVALS),
    /** So many words are read before the reader leaves, or the stream falls silent. */
    until: between(random, 0, tokens - 1),
    close: random() < 0.5 ? 'reset' : 'body',
    pauseMilliseconds: between(random, 1, 50),
  };
}

function query({ fate, tokens, interval, until, close }) {
  const knobs = { tokens, 'interval-ms': interval, number: 1 };
  // The first event opens the answer and has no word.
  if (fate === 'stall') knobs['stall-after'] = until + 1;
  if (fate === 'cut') knobs.close = close;
  return Object.entries(knobs)
    .map(([name, value]) => `x-mock-${name}=${value}`)
    .join('&');
}

const CHAT = {
  model: 'mock-small',
  messages: [{ role: 'user', content: 'Count.' }],
  stream: true,
  stream_options: { include_usage: true },
};

/** Sends the request; the numbers in its answer. */
async function open({ client, openai, provider, gateway }, stream, signal) {
  const knobs = query(stream);
  if (stream.way === 'sdk') {
    const defaultQuery = Object.fromEntries(new URLSearchParams(knobs));
    return ofSdk(await openai.chat.completions.create(CHAT, { query: defaultQuery, signal }));
  }
  const origin = stream.way === 'gateway' ? gateway : provider;
  const response = await client.fetch(`${origin}/v1/chat/completions?${knobs}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CHAT),
    signal,
  });
  return ways[stream.way](response);
}

/**
 * Reads one stream as planned.
 *
 * @returns {Promise<{ read: number, wrong: string | undefined }>} words that were read, and what was not
 *   as it should be
 */
export async function readOne(place, stream) {
  const { fate, tokens, until } = stream;
  const stop = new AbortController();
  let read = 0;
  let left = false;
  let failure;
  try {
    // A stalled stream's reader gives up when it has what there is, at once where that is nothing.
    const numbers = await open(place, stream, stop.signal);
    const silent = () => fate === 'stall' && read >= until;
    if (silent()) setImmediate(() => stop.abort(STOP));
    for await (const number of numbers) {
      if (number !== read) return { read, wrong: `${number} came instead of ${read}` };
      read++;
      if (fate === 'slow' && read % 8 === 0) await wait(stream.pauseMilliseconds);
      if (fate === 'leave' && read > until) {
        left = true;
        break;
      }
      if (fate === 'abort' && read > until) stop.abort(STOP);
      if (silent()) stop.abort(STOP);
    }
  } catch (reason) {
    failure = reason;
  }
  return { read, wrong: judge(stream, { read, left, failure, tokens }) };
}

function judge({ way, fate }, { read, left, failure, tokens }) {
  const why = failure === undefined ? 'no error' : `${failure}, ${failure.cause}`;
  switch (fate) {
    case 'whole':
    case 'slow':
      if (failure !== undefined) return `it failed: ${why}`;
      return read === tokens ? undefined : `${read} of ${tokens} came`;
    case 'leave':
      return left && failure === undefined ? undefined : `it could not be left: ${why}`;
    case 'cut':
      return failure === undefined ? 'a cut stream ended well' : undefined;
    default:
      // The SDK ends a stream that was aborted; and all of it may have come before that.
      if (failure === STOP || (failure === undefined && (way === 'sdk' || read === tokens))) {
        return undefined;
      }
      return `it was not aborted: ${why}`;
  }
}
