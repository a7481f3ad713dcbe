import { expect, it, vi } from 'vitest';
import { events, fetch } from 'warmline';
import { httpServer } from '../servers/http.js';
import { startProvider } from '../servers/provider.js';

const STREAMS = 20;
const TOKENS = 30_000;
/** Characters; what one drain may hand over, and what may have come before it, is about half of that. */
const LONGEST_TURN = 2 * 1024 * 1024;

it('turns the event loop while events come as fast as they can', async () => {
  await using provider = await startProvider();
  const headers = { 'x-mock-tokens': String(TOKENS), 'x-mock-interval-ms': '0' };
  const body = JSON.stringify({ model: 'm', stream: true, messages: [] });
  let [over, length, longest, count] = [false, 0, 0, 0];
  const turn = (): void => {
    longest = Math.max(longest, length);
    length = 0;
    if (!over) setImmediate(turn);
  };
  turn();
  const read = async (): Promise<void> => {
    const url = `${provider.origin}/v1/chat/completions`;
    for await (const { data } of events(await fetch(url, { method: 'POST', headers, body }))) {
      length += data.length;
      count++;
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, read));
  over = true;
  expect(count).toBeGreaterThanOrEqual(STREAMS * TOKENS);
  expect(longest).toBeLessThanOrEqual(LONGEST_TURN);
});

it('goes on under timers that a test has replaced', async () => {
  const event = `data: ${'x'.repeat(1000)}\n\n`;
  await using server = await httpServer((_, response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.end(event.repeat(2000));
  });
  vi.useFakeTimers();
  try {
    let count = 0;
    for await (const _ of events(await fetch(server.origin))) count++;
    expect(count).toBe(2000);
  } finally {
    vi.useRealTimers();
  }
});
