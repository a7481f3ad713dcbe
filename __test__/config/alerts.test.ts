import diagnostics from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { configure, fetch } from 'warmline';
import { validateConfig } from 'warmline/config';
import { Changes } from '../servers/changes.js';
import { refusingOrigin } from '../servers/refusing.js';
import { temporary } from './temporary.js';

describe('alerts of a file', () => {
  it('are in effect: published as they fire in the default client', async () => {
    const refusing = await refusingOrigin();
    const changes = new Changes();
    const told: { name: string; state: string }[] = [];
    const listener = (alert: unknown) => {
      told.push(alert as (typeof told)[number]);
      changes.change();
    };
    diagnostics.subscribe('warmline:alert', listener);
    await using folder = temporary({
      'warmline.yaml': `
alerting:
  connection_pool:
    - { name: failing, condition: error_count > 0, severity: critical, message: it fails }
alerts:
  - { name: never, condition: pending_requests > 1000000, severity: info, for: 30s }
`,
      'quiet.yaml': '{}',
    });
    try {
      const { config } = await configure(folder.path('warmline.yaml'));
      expect(config.alerts[1]).toMatchObject({ name: 'never', for: 30_000 });
      await fetch(refusing).catch(() => {});
      await changes.untilTrue(() => told.length > 0);
      expect(told).toMatchObject([{ name: 'failing', state: 'firing', message: 'it fails' }]);
    } finally {
      diagnostics.unsubscribe('warmline:alert', listener);
      await configure(folder.path('quiet.yaml'));
    }
  });

  it('are refused where their metrics are not known, with the place and the nearest name', () => {
    const yaml = `
alerts:
  - { name: a, condition: pending_request > 50, severity: warning }
  - { name: b, condition: total_requests >, severity: warning }
  - { name: c, condition: 1 > 0, severity: warning, action: webhook }
  - { name: d, condition: 1 > 0, severity: warning }
  - { name: d, condition: 2 > 0, severity: warning }
`;
    const { issues } = validateConfig(yaml, { env: {} });
    expect(issues.map(({ key, line }) => [key, line])).toEqual([
      ['alerts.0', 3],
      ['alerts.1', 4],
      ['alerts.2', 5],
      ['alerts.4', 7],
    ]);
    expect(issues[0]?.message).toContain('did you mean pending_requests?');
    expect(issues[3]?.message).toBe('has the name of another, d');
  });
});
