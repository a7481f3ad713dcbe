import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { HttpClient, type ScalingOptions } from 'warmline';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';

it('the caps follow the load up at once and down after the cool-down', async () => {
  const held: ServerResponse[] = [];
  await using server = await httpServer((_, response) => held.push(response));
  await using client = new HttpClient({
    maxConnections: 4,
    maxKeepaliveConnections: 2,
    scaling: { cooldownPeriod: 1, predictive: false },
  });
  const changes = new Changes();
  const look = setInterval(() => changes.change(), 20);
  const caps = () => {
    const { maxConnections, maxKeepaliveConnections } = client.getPoolMetrics();
    return [maxConnections, maxKeepaliveConnections].join();
  };
  expect(caps()).toBe('4,2');
  const all = [1, 2, 3].map(() => client.request('GET', server.origin));
  await changes.untilTrue(() => caps() === '6,3');
  for (const response of held) response.end();
  await Promise.all(all);
  await changes.untilTrue(() => caps() === '2,1');
  client.updatePoolLimits(20, 10);
  expect(caps()).toBe('10,5');
  clearInterval(look);
});

it.each<[string, unknown]>([
  ['scaling must be an object', 'up'],
  ['scaling.cooldown is unknown', { cooldown: 5 }],
  ['scaling.cooldownPeriod', { cooldownPeriod: 0 }],
  ['scaling.predictive', { predictive: 1 }],
  ['scaling.predictionWindow', { predictionWindow: -5 }],
])('%s: refused', (message, scaling) => {
  expect(() => new HttpClient({ scaling: scaling as ScalingOptions })).toThrow(message);
});
