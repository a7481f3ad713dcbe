import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporary } from '../config/temporary.js';
import { httpServer } from '../servers/http.js';
import { watched } from './watched.js';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'monitoring');
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

const dashboard: Dashboard = JSON.parse(read('grafana', 'warmline.json'));
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const promtool = spawnSync('promtool', ['--version']).status === 0;
const skipped = !promtool && process.env['WARMLINE_PEERS'] === undefined;

async function promtoolSays(rules: string) {
  await using files = temporary({ 'rules.yml': rules });
  const { status, stdout, stderr } = spawnSync('promtool', [
    'check',
    'rules',
    files.path('rules.yml'),
  ]);
  return { status, said: `${stdout}${stderr}` };
}

describe('the Grafana dashboard', () => {
  it("has the reference's panels", () => {
    const titles = dashboard.panels.map(({ title }) => title);
    expect(titles).toEqual(
      expect.arrayContaining([
        'Pool Utilization',
        'Active Connections',
        'Connection Performance',
        'Pool Health',
      ]),
    );
  });

  it('names only metrics that a monitor has', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n');
    });
    await using setup = await watched(
      {},
      { circuitBreaker: {}, rateLimit: { requestsPerMinute: 9 } },
    );
    await setup.client.request('GET', server.origin);
    const text = await (await setup.get('/metrics/prometheus')).text();
    const families = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    const rules = parse(read('rules.yml')).groups[0].rules.map(
      ({ expr }: { expr: string }) => expr,
    );
    const named = [...expressions, ...rules].flatMap((expression) => [
      ...expression
        .replaceAll(/\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)|histogram_quantile/g, ' ')
        .matchAll(/[a-z]+_[a-z_]+/g),
    ]);
    expect(named.length).toBeGreaterThan(40);
    const unknown = named
      .map(([name]) => name)
      .filter((name) => !families.has(name.replace(/_bucket$/, '')));
    expect(unknown).toEqual([]);
  });

  it.skipIf(skipped)('asks in PromQL', async () => {
    const recorded = expressions.map((expr, at) => ({ record: `panel:${at}`, expr }));
    const rules = JSON.stringify({ groups: [{ name: 'panels', rules: recorded }] });
    expect(await promtoolSays(rules)).toMatchObject({ status: 0 });
    const wrong = JSON.stringify({
      groups: [{ name: 'panels', rules: [{ record: 'a', expr: 'sum by (' }] }],
    });
    expect((await promtoolSays(wrong)).status).not.toBe(0);
  });
});

describe('the example of docker compose', () => {
  const { services } = parse(read('docker-compose.yml')) as {
    services: Record<string, { image: string; volumes: string[]; depends_on?: string[] }>;
  };

  it('mounts files that there are, to where what it starts looks for them', () => {
    for (const { volumes } of Object.values(services)) {
      for (const volume of volumes) {
        const [from = '', to, mode] = volume.split(':');
        expect(existsSync(join(folder, from)), volume).toBe(true);
        expect([to?.startsWith('/'), mode]).toEqual([true, 'ro']);
      }
    }
    const mounted = Object.values(services).flatMap(({ volumes }) =>
      volumes.map((volume) => volume.split(':')[1] as string),
    );
    const { rule_files: rules } = parse(read('prometheus.yml'));
    for (const file of rules) expect(mounted).toContain(`/etc/prometheus/${file}`);
    const { providers } = parse(read('grafana', 'provisioning', 'dashboards', 'warmline.yml'));
    for (const { options } of providers) {
      expect(mounted.some((path) => path.startsWith(options.path))).toBe(true);
    }
  });

  it('starts each service by a version, and has Grafana ask the Prometheus beside it', () => {
    for (const { image, depends_on: needed = [] } of Object.values(services)) {
      expect(image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
      for (const name of needed) expect(services).toHaveProperty(name);
    }
    const { datasources } = parse(read('grafana', 'provisioning', 'datasources', 'prometheus.yml'));
    for (const { url, uid } of datasources) {
      expect(services).toHaveProperty(new URL(url).hostname);
      expect(dashboard.panels[0]).toMatchObject({ datasource: { uid } });
    }
  });
});

describe('the Prometheus rules', () => {
  it.skipIf(skipped)('pass promtool', async () => {
    const { status, said } = await promtoolSays(read('rules.yml'));
    expect(said).toContain('8 rules found');
    expect(status).toBe(0);
  });

  it.skipIf(skipped)('are in the example of a Prometheus', () => {
    const { status } = spawnSync('promtool', ['check', 'config', join(folder, 'prometheus.yml')]);
    expect(status).toBe(0);
  });
});
