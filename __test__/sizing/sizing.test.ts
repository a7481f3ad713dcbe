import { expect, test } from 'vitest';
import { calculateOptimalPoolSize, optimizeTimeouts, scaleForLoad } from 'warmline/sizing';

test.each([
  // int(100 * 250 / 1000 * 1.5)
  [100, 250, 37],
  [50, 200, 15],
  [1, 1, 10],
  [0, 0, 10],
  [1000, 666, 999],
  [1000, 667, 1000],
  [100_000, 10_000, 1000],
])('%d requests per second of %d ms want %d connections', (rps, millis, size) => {
  expect(calculateOptimalPoolSize(rps, millis)).toBe(size);
});

test.each([
  [0, 0, { connect: 5000, read: 10_000, total: 20_000 }],
  [120, 60_000, { connect: 5000, read: 48_000, total: 58_000 }],
  [2500, 12_500, { connect: 5000, read: 10_000, total: 20_000 }],
  [4000, 25_000, { connect: 8000, read: 20_000, total: 33_000 }],
])('a latency of %d ms and a provider that takes up to %d ms', (latency, timeout, expected) => {
  expect(optimizeTimeouts(latency, timeout)).toEqual(expected);
});

test.each([
  [0, 50, 15],
  [0.29, 50, 15],
  [0.3, 100, 30],
  [0.69, 100, 30],
  [0.7, 150, 45],
  [1, 150, 45],
])('a load of %d wants %d connections, %d of them idle', (load, connections, idle) => {
  const expected = { maxConnections: connections, maxKeepaliveConnections: idle };
  expect(scaleForLoad(load)).toEqual(expected);
});

test('caps are scaled from whatever base, and rounded down', () => {
  const base = { maxConnections: 33, maxKeepaliveConnections: 1 };
  expect(scaleForLoad(0.1, base)).toEqual({ maxConnections: 16, maxKeepaliveConnections: 0 });
  expect(scaleForLoad(0.9, base)).toEqual({ maxConnections: 49, maxKeepaliveConnections: 1 });
});

test.each([
  ['targetRps', () => calculateOptimalPoolSize(-1, 1)],
  ['avgResponseTimeMs', () => calculateOptimalPoolSize(1, Number.NaN)],
  ['networkLatency', () => optimizeTimeouts(Number.POSITIVE_INFINITY, 1)],
  ['providerTimeout', () => optimizeTimeouts(1, '5' as unknown as number)],
  ['currentLoad', () => scaleForLoad(-0.1)],
  [
    'base.maxConnections',
    () => scaleForLoad(0, { maxConnections: 1.5, maxKeepaliveConnections: 1 }),
  ],
])('%s that makes no sense is refused by its name', (name, call) => {
  expect(call).toThrow(
    expect.objectContaining({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining(name),
    }),
  );
});
