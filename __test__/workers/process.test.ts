import { expect, it } from 'vitest';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { portServer } from '../servers/ports.js';
import { run } from './program.js';

const CLEAN = { code: 0, signal: null, stderr: '' };

it('a process ends by itself with idle connections, leases and clients that nobody closed', async () => {
  await using server = await portServer();
  expect(await run('idle.mjs', [server.origin])).toEqual({ ...CLEAN, lines: ['string'] });
  for (const [index] of server.accepted.entries()) await server.closed(index);
});

it('look-ups without an answer keep neither a thread nor the process', async () => {
  await using server = await portServer();
  expect(await run('lookup.mjs', [server.origin])).toEqual({
    ...CLEAN,
    lines: ['the worker has ended', 'the answer is being refreshed'],
  });
});

it.each(['at once', 'a moment later'])(
  'a process may exit in the middle of everything, %s',
  async (when) => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/begun') response.write('begun');
    });
    const ending = await run('exit.mjs', [server.origin, when]);
    expect(ending).toEqual({ ...CLEAN, code: 7, lines: [] });
    for (const [index] of server.accepted.entries()) await server.closed(index);
  },
);

it('a thousand aborts leave the pool clean, and nothing that keeps the process', async () => {
  await using server = await httpServer((request, response) => {
    if (request.url === '/begun') response.write('begun');
    if (request.url === '/whole') response.end('whole');
  });
  const ending = await run('aborted.mjs', [server.origin]);
  expect(ending).toMatchObject(CLEAN);
  expect(JSON.parse(ending.lines[0] ?? '')).toEqual({ stopped: 1000, whole: 'whole', idle: true });
  for (const [index] of server.accepted.entries()) await server.closed(index);
});

it('a runtime without memory to share leases by calls', async () => {
  await using server = await portServer();
  const ending = await run('no-shared-memory.mjs', [server.origin]);
  expect(ending).toMatchObject(CLEAN);
  expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
    ids: 100,
    calls: 100,
    activeConnections: 0,
    idleConnections: 1,
  });
  expect(server.accepted.length).toBe(1);
});

it('require and import are one', async () => {
  await using server = await portServer();
  const ending = await run('two-loaders.mjs', [server.origin]);
  expect(ending).toMatchObject(CLEAN);
  expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
    sameFetch: true,
    sameErrors: true,
    seen: 1,
    returned: true,
    returnedAgain: false,
    unpatched: true,
  });
});

it('a streaming response that is forgotten, read from or not, stops the upstream', async () => {
  let open = 0;
  let begun = 0;
  const changes = new Changes();
  await using server = await httpServer(async (request, response) => {
    if (request.url === '/endless') {
      begun += 1;
      open += 1;
      response.on('close', () => {
        open -= 1;
        changes.change();
      });
      response.write('begun');
    } else {
      await changes.untilTrue(() => open === 0);
      response.end('stopped');
    }
  });
  const ending = await run('forgotten.mjs', [server.origin], ['--expose-gc']);
  expect(ending).toEqual({ ...CLEAN, lines: ['200 true', '200 true', 'stopped'] });
  expect(begun).toBe(4);
});
