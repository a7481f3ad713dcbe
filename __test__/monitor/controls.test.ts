import { describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { watched } from './watched.js';

const TOKEN = 'a-secret-token';

type Setup = Awaited<ReturnType<typeof watched>>;

async function control(setup: Setup, name: string, asked: unknown, token = TOKEN) {
  const response = await fetch(`${setup.url}/api/control/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: typeof asked === 'string' ? asked : JSON.stringify(asked),
  });
  return response.status;
}

describe('a control', () => {
  it('changes the caps of a pool', async () => {
    await using setup = await watched({ token: TOKEN });
    const caps = { max_connections: 7, max_keepalive_connections: 3 };
    expect(await control(setup, 'resize', { pool: 'default', ...caps })).toBe(200);
    const { maxConnections, maxKeepaliveConnections } = setup.client.getPoolMetrics();
    expect([maxConnections, maxKeepaliveConnections]).toEqual([7, 3]);
  });

  it('closes the idle connections of a pool, which goes on', async () => {
    await using server = await httpServer((_, response) => response.end());
    await using setup = await watched({ token: TOKEN });
    await setup.client.request('GET', server.origin);
    expect(setup.client.getPoolMetrics().connectionsIdle).toBe(1);
    expect(await control(setup, 'drain', { pool: 'default' })).toBe(200);
    await server.closed(0);
    expect(setup.client.getPoolMetrics().connectionsIdle).toBe(0);
    await setup.client.request('GET', server.origin);
    expect(setup.client.getPoolMetrics().connectionsIdle).toBe(1);
  });

  it('closes a circuit breaker', async () => {
    await using server = await httpServer((_, response) => response.writeHead(500).end());
    await using setup = await watched(
      { token: TOKEN },
      { circuitBreaker: { failureThreshold: 1 } },
    );
    await setup.client.request('GET', server.origin);
    expect(setup.client.getCircuitBreakers()[0]?.state).toBe('open');
    const asked = { pool: 'default', place: server.origin };
    expect(await control(setup, 'reset-breaker', asked)).toBe(200);
    expect(setup.client.getCircuitBreakers()[0]?.state).toBe('closed');
  });

  it('is for those with a token alone, on loopback, too', async () => {
    await using guarded = await watched({ token: TOKEN });
    expect(await control(guarded, 'drain', { pool: 'default' }, 'another')).toBe(401);
    await using open = await watched();
    expect(await control(open, 'drain', { pool: 'default' })).toBe(403);
    const asked = await fetch(`${guarded.url}/api/control/drain`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect([asked.status, asked.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('refuses what makes no sense', async () => {
    await using setup = await watched({ token: TOKEN });
    expect(await control(setup, 'drain', { pool: 'nobody' })).toBe(404);
    expect(await control(setup, 'drain', 'no JSON')).toBe(400);
    expect(await control(setup, 'drain', [])).toBe(400);
    expect(await control(setup, 'drain', 'null')).toBe(400);
    expect(await control(setup, 'drain', { pool: 'x'.repeat(5000) })).toBe(413);
    expect(await control(setup, 'resize', { pool: 'default', max_connections: 0 })).toBe(400);
    expect(await control(setup, 'reset-breaker', { pool: 'default' })).toBe(400);
  });
});
