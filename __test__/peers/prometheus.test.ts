import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { watched } from '../monitor/watched.js';
import { httpServer } from '../servers/http.js';
import { refusingPort } from '../servers/refusing.js';
import { describeWith, startPeer } from './peer.js';

const PAUSE_MS = 20;
const TOKEN = 'a-token-of-this-test';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'monitoring');
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

/** The example's Prometheus, with a monitor on loopback for the one behind docker's name, and in a hurry. */
function prometheus(monitor: string) {
  const config = read('prometheus.yml')
    .replaceAll('5s', '100ms')
    .replace('change-me', TOKEN)
    .replace('host.docker.internal:8000', new URL(monitor).host);
  return startPeer({
    program: 'prometheus',
    args: (port, home) => [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    files: () => ({ 'prometheus.yml': config, 'rules.yml': read('rules.yml') }),
  });
}

async function ask(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
  const { status, data, error } = JSON.parse(await response.text());
  expect(status, error).toBe('success');
  return data;
}

const query = async (port: number, expression: string): Promise<{ value: [number, string] }[]> =>
  (await ask(port, `query?query=${encodeURIComponent(expression)}`)).result;

/** What it finds out once that is anything. */
async function eventually<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find().catch(() => undefined);
    if (found !== undefined) return found;
    await setTimeout(PAUSE_MS);
  }
}

describeWith('prometheus', () => {
  it('set up as the example is scrapes a monitor, draws every panel from it and fires', async () => {
    await using server = await httpServer(async (_, response) => {
      const word = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n';
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(word);
      // What comes at once has no time between it.
      await setTimeout(PAUSE_MS);
      response.end(`${word}data: [DONE]\n\n`);
    });
    await using setup = await watched(
      { token: TOKEN },
      { rateLimit: { requestsPerMinute: 1000, tokensPerMinute: 100_000 }, circuitBreaker: {} },
    );
    await using peer = await prometheus(setup.url);
    const body = JSON.stringify({ model: 'mock-small', messages: [], stream: true });
    const url = `${server.origin}/v1/chat/completions`;
    const refusing = `http://127.0.0.1:${await refusingPort()}/`;
    // A rate takes two scrapes.
    for (const scraped of [2, 4]) {
      await (await setup.client.request('POST', url, { body })).text();
      await expect(setup.client.request('GET', refusing)).rejects.toThrow();
      await eventually(async () => (await query(peer.port, `total_requests >= ${scraped}`))[0]);
    }

    const { panels } = JSON.parse(read('grafana', 'warmline.json'));
    const expressions: string[] = panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
    const empty = [];
    for (const expression of expressions) {
      if ((await query(peer.port, expression)).length === 0) empty.push(expression);
    }
    expect(empty).toEqual([]);

    const alert = await eventually(async () => {
      const { alerts } = await ask(peer.port, 'alerts');
      return alerts.find(({ state }: { state: string }) => state === 'firing');
    });
    expect(alert.labels).toMatchObject({ alertname: 'HighConnectionErrorRate', job: 'warmline' });
  });
});
