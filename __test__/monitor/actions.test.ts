import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Alert, AlertRule } from 'warmline/monitor';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { watched } from './watched.js';

const always = { name: 'always', condition: '1 > 0' };

/** What a channel publishes meanwhile. */
function heard(name: string) {
  const messages: unknown[] = [];
  const listener = (message: unknown) => messages.push(message);
  diagnostics.subscribe(name, listener);
  return {
    messages,
    [Symbol.dispose]: () => void diagnostics.unsubscribe(name, listener),
  };
}

function recorder() {
  const lines: [level: string, message: string, details: object][] = [];
  const at = (level: string) => (details: object, message: string) => {
    lines.push([level, message, details]);
  };
  return { lines, logger: { info: at('info'), warn: at('warn'), error: at('error') } };
}

describe('an alert', () => {
  it('is published, logged, and handed to its own function', async () => {
    using published = heard('warmline:alert');
    const told: Alert[] = [];
    const { lines, logger } = recorder();
    const rule: AlertRule = {
      ...always,
      severity: 'critical',
      message: 'it burns',
      action: (alert) => told.push(alert),
    };
    await using setup = await watched({ alerts: [rule], logger });
    await setup.json('/metrics');
    await setup.json('/metrics');
    expect(told).toMatchObject([{ name: 'always', state: 'firing', action: 'callback' }]);
    expect(published.messages).toEqual(told);
    expect(lines.map(([level, message]) => [level, message])).toEqual([
      ['error', 'it burns'],
      ['info', 'Connection pool health'],
    ]);
  });

  it('raises the caps of the pool by half, once', async () => {
    await using setup = await watched(
      { alerts: [{ ...always, action: 'scale_up' }] },
      { maxConnections: 11, maxKeepaliveConnections: 4 },
    );
    await setup.json('/metrics');
    await setup.json('/metrics');
    const { maxConnections, maxKeepaliveConnections } = setup.client.getPoolMetrics();
    expect([maxConnections, maxKeepaliveConnections]).toEqual([17, 6]);
  });

  it('is looked into', async () => {
    using published = heard('warmline:investigation');
    const refusing = await refusingOrigin();
    const rule = { name: 'failing', condition: 'error_count > 0', action: 'investigate' };
    await using setup = await watched({ alerts: [rule] });
    await setup.client.request('GET', refusing).catch(() => {});
    await setup.json('/metrics');
    expect(published.messages).toMatchObject([
      {
        alert: { name: 'failing' },
        pool: { error_count: 1 },
        failing_origins: [
          {
            pool: 'default',
            origin: refusing,
            request_failures_total: [{ code: 'ECONNREFUSED', phase: 'connect', count: 1 }],
          },
        ],
      },
    ]);
  });

  it('is posted to a webhook, whose failure is told without its address', async () => {
    const posted: unknown[] = [];
    await using server = await httpServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      posted.push(JSON.parse(body));
      response.writeHead(request.url === '/good' ? 204 : 404).end();
    });
    const warned = once(process, 'warning');
    const alerts = ['good', 'bad'].map((name) => ({
      ...always,
      name,
      action: 'webhook',
      webhook: `${server.origin}/${name}`,
    }));
    await using setup = await watched({ alerts });
    await setup.json('/metrics');
    const [warning] = await warned;
    expect(warning).toMatchObject({
      code: 'WARMLINE_ALERT_NOT_POSTED',
      message: 'The alert bad could not be posted: the webhook answered with 404',
    });
    expect(posted).toHaveLength(2);
    expect(posted).toContainEqual({ alert: expect.objectContaining({ name: 'good' }) });
    // They count among nobody's figures.
    expect(setup.client.getPoolMetrics().totalRequests).toBe(0);
  });

  it("is also one of the reference's, unless its name is taken", async () => {
    const refusing = await refusingOrigin();
    await using setup = await watched({
      poolHealth: true,
      alerts: [{ name: 'pool_exhausted', condition: 'pending_requests > 1e6' }],
    });
    await setup.client.request('GET', refusing).catch(() => {});
    await setup.json('/metrics');
    const { alerts } = await setup.json('/api/alerts');
    expect(alerts).toMatchObject([
      { name: 'high_error_rate', message: 'High connection error rate' },
    ]);
  });
});
