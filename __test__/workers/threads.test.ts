import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { portServer } from '../servers/ports.js';
import { run } from './program.js';

const CLEAN = { code: 0, signal: null, stderr: '' };

describe('worker threads', () => {
  it('share the pool of a name, and keep names apart', async () => {
    await using server = await portServer();
    const ending = await run('shared-pool.mjs', [server.origin]);
    expect(ending).toMatchObject(CLEAN);
    expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
      seenActive: 1,
      healthyThere: true,
      sentThere: true,
      returnedThere: true,
      returnedHere: false,
      activeHere: 0,
      otherName: 0,
      sameConnection: true,
    });
    expect(server.accepted.length).toBe(1);
  });

  it.each(['terminated', 'exited'])(
    'take their leases with them, whatever is on these, when one has %s',
    async (end) => {
      const late: ServerResponse[] = [];
      let held = false;
      const changes = new Changes();
      await using server = await httpServer(async (request, response) => {
        if (request.url === '/late') late.push(response);
        else if (request.url === '/held') held = true;
        else {
          if (request.url === '/arrived') await changes.untilTrue(() => held && late.length > 0);
          else for (const each of late) each.end('late');
          response.end();
        }
        changes.change();
      });
      const ending = await run('left-leases.mjs', [server.origin, end]);
      expect(ending).toMatchObject(CLEAN);
      expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
        full: true,
        leased: 0,
        returned: 0,
        late: 'late',
        leases: 10,
      });
    },
  );

  it('together never pass a limit of the pool, nor get one id twice', async () => {
    await using server = await portServer();
    const ending = await run('limits.mjs', [server.origin]);
    expect(ending).toMatchObject(CLEAN);
    expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
      leases: true,
      unique: true,
      most: true,
      activeConnections: 0,
      pending: 0,
    });
  });

  it('get what another thread has returned, and when that has ended', async () => {
    await using server = await portServer();
    const ending = await run('parked.mjs', [server.origin]);
    expect(ending).toMatchObject(CLEAN);
    expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
      idleWhileParked: 1,
      sameHere: true,
      idleWhileHere: 0,
      otherThere: true,
      turnsThere: 1000,
      healthyHere: true,
      sentHere: true,
      returnedThere: true,
      returnedHere: true,
      returnedTwice: false,
      idleAfter: 1,
      sameAfter: true,
      removed: true,
      totalAfter: 0,
    });
    expect(server.accepted.length).toBe(2);
  });

  it('send requests at once, eight of them, and each gets its own answers', async () => {
    await using server = await httpServer((request, response) => void request.pipe(response));
    const ending = await run('busy.mjs', [server.origin]);
    expect(ending).toEqual({ ...CLEAN, lines: [Array(8).fill(100).join(' ')] });
  });

  it('may be terminated with anything under way: theirs ends at the server, the rest goes on', async () => {
    const held: ServerResponse[] = [];
    let theirs = 0;
    let theirsOpen = 0;
    const changes = new Changes();
    await using server = await httpServer(async (request, response) => {
      switch (request.url) {
        case '/theirs':
          theirs += 1;
          theirsOpen += 1;
          response.on('close', () => {
            theirsOpen -= 1;
            changes.change();
          });
          break;
        case '/held':
          held.push(response);
          break;
        case '/arrived':
          await changes.untilTrue(() => theirsOpen === 3 && held.length === 1);
          response.end();
          break;
        case '/theirs-gone':
          await changes.untilTrue(() => theirsOpen === 0);
          response.end();
          break;
        default:
          for (const each of held.splice(0)) each.end('held');
          response.end();
      }
      changes.change();
    });
    const ending = await run('terminated.mjs', [server.origin]);
    expect(ending).toEqual({ ...CLEAN, lines: ['held', 'held', 'held', 'full'] });
    expect(theirs).toBe(9);
  });

  it.each(['terminated', 'returned'])(
    'take their clients with them: connections close when one is %s',
    async (end) => {
      const theirs = new Set<Socket>();
      const changes = new Changes();
      await using server = await httpServer(async (request, response) => {
        const { socket } = request;
        if (request.url === '/closed') {
          await changes.untilTrue(() => theirs.size > 0 && [...theirs].every((it) => it.destroyed));
          response.end('closed');
        } else {
          if (!theirs.has(socket)) socket.on('close', () => changes.change());
          theirs.add(socket);
          response.end();
        }
      });
      const ending = await run('left-client.mjs', [server.origin, end]);
      expect(ending).toEqual({ ...CLEAN, lines: ['closed'] });
    },
  );

  it('may be terminated before they hear of a lease, which then goes back', async () => {
    await using server = await portServer();
    const ending = await run('undelivered.mjs', [server.origin]);
    expect(ending).toEqual({ ...CLEAN, lines: ['returned'] });
    expect(server.accepted.length).toBe(1);
  });

  it('come and go one after another, each the only one that has the engine', async () => {
    await using server = await portServer();
    const ending = await run('one-after-another.mjs', [server.origin]);
    expect(ending).toMatchObject(CLEAN);
    expect(ending.lines).toHaveLength(10);
    // The engine and its connections outlive them.
    expect(new Set(ending.lines).size).toBe(1);
  });
});
