import { describe, expect, it } from 'vitest';
import { type Alert, type AlertRule, createMonitor } from 'warmline/monitor';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { watched } from './watched.js';

/** Looks at some conditions once; the names of those that hold. */
async function holding(conditions: readonly string[]): Promise<string[]> {
  await using server = await httpServer((_, response) => response.end());
  const alerts = conditions.map((condition) => ({ name: condition, condition }));
  await using setup = await watched({ alerts });
  for (let i = 0; i < 4; i++) await setup.client.request('GET', server.origin);
  await setup.json('/metrics');
  const { alerts: firing } = await setup.json('/api/alerts');
  return firing.map(({ name }: Alert) => name);
}

describe('a condition', () => {
  it('compares what it computes from metrics', async () => {
    const right = [
      'total_requests > 3',
      'total_requests >= 4 and total_requests <= 4',
      'total_requests == 4 and not error_count > 0',
      'error_count > 0 or connections_created_total == 1',
      '(connections_active + connections_idle) * 2 == 2',
      'connection_reuses_total / connection_checkouts_total > 0.7',
      '2 + 3 * 4 - 6 / 2 == 11',
      '-1 < 0 and 1 - 1 - 1 == -1',
      '1e3 == 1000',
    ];
    const wrong = [
      'pending_requests > 50',
      'connection_errors_total / connections_created_total > 0.05',
      'pool_utilization_percent > 90',
      'error_rate > 0.05',
      'error_count / error_count > 0',
      'not (total_requests > 3)',
    ];
    expect(await holding([...right, ...wrong])).toEqual(right);
  });

  it('that is none is refused, with the place and the nearest name', () => {
    const wrong: [string, RegExp][] = [
      [
        'pending_request > 50',
        /no metric pending_request: did you mean pending_requests\?, at character 1$/,
      ],
      [
        'total_requests > 1 and nonsense_of_mine > 2',
        /no metric nonsense_of_mine, at character 24$/,
      ],
      ['total_requests', /a comparison is wanted here/],
      ['1 > 2 > 3', /the end is wanted and not >, at character 7$/],
      ['(total_requests > 1', /\) is wanted and not the end/],
      ['total_requests > > 1', /a value is wanted and not >/],
      ['total_requests > 1; process.exit()', /; means nothing here, at character 19$/],
      ['constructor > 1', /no metric constructor/],
      ['increase(1) > 2', /a metric is wanted/],
      [`${'('.repeat(60)}1 > 0${')'.repeat(60)}`, /too deep/],
      ['', /text that is not empty/],
    ];
    for (const [condition, message] of wrong) {
      expect(() => createMonitor({ alerts: [{ name: 'a', condition }] })).toThrow(message);
    }
  });

  it('comes with a rule that is checked, too', () => {
    const rule = { name: 'a', condition: '1 > 0' };
    const wrong: [object[], RegExp][] = [
      [[rule, rule], /^alerts\[1\]\.name must be a name of its own/],
      [[{ ...rule, for: 'soon' }], /^alerts\[0\]\.for must be milliseconds/],
      [[{ ...rule, severity: 'bad' }], /^alerts\[0\]\.severity must be info, warning, critical/],
      [[{ ...rule, sevrity: 'info' }], /^alerts\[0\]\.sevrity is unknown/],
    ];
    for (const [alerts, message] of wrong) {
      expect(() => createMonitor({ alerts: alerts as AlertRule[] })).toThrow(message);
    }
  });
});

describe('an alert', () => {
  it('fires once and is over once', async () => {
    await using server = await httpServer((_, response) => response.end());
    const refusing = await refusingOrigin();
    const told: Alert[] = [];
    await using setup = await watched({
      alerts: [
        {
          name: 'failing',
          condition: 'error_count / total_requests > 0.5',
          severity: 'critical',
          message: 'requests fail',
          action: 'investigate',
        },
        { name: 'later', condition: 'total_requests > 0', for: '1h' },
      ],
      onAlert: (alert) => told.push(alert),
    });
    await setup.client.request('GET', refusing).catch(() => {});
    await setup.json('/metrics');
    await setup.json('/metrics');
    expect(told).toEqual([
      {
        name: 'failing',
        state: 'firing',
        severity: 'critical',
        message: 'requests fail',
        action: 'investigate',
        since: expect.any(Number),
      },
    ]);
    for (let i = 0; i < 3; i++) await setup.client.request('GET', server.origin);
    await setup.json('/metrics');
    await setup.json('/metrics');
    expect(told.map(({ state }) => state)).toEqual(['firing', 'resolved']);
    expect(told[1]?.since).toBe(told[0]?.since);
    expect((await setup.json('/api/alerts')).alerts).toEqual([]);
  });
});
