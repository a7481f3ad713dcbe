import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect, createServer } from 'node:net';
import { createClient } from 'redis';
import { expect, it } from 'vitest';
import { agreed, asked, SCRIPT } from '../../src/fleet/agreement.js';
import { temporary } from '../config/temporary.js';
import { describeWith, startPeer } from '../peers/peer.js';
import { Changes } from '../servers/changes.js';
import { httpServer } from '../servers/http.js';
import { listenOnLoopback } from '../servers/loopback.js';
import { run } from '../workers/program.js';
import { Member } from './member.js';

const program = (name: string) => new URL(`programs/${name}`, import.meta.url).href;

const redis = () =>
  startPeer({
    program: 'redis-server',
    args: (port) => ['--bind', '127.0.0.1', '--port', `${port}`, '--save', ''],
  });

/** The way to a port, which can be cut. */
async function wayTo(port: number) {
  let isCut = false;
  const way = await listenOnLoopback(
    createServer((socket) => {
      socket.on('error', () => {});
      if (isCut) {
        socket.destroy();
        return;
      }
      const further = connect(port, '127.0.0.1').on('error', () => {});
      socket.pipe(further).pipe(socket);
      socket.once('close', () => further.destroy());
    }),
  );
  return Object.assign(way, {
    cut(away: boolean) {
      isCut = away;
      for (const socket of way.accepted) socket.destroy();
    },
  });
}

/** A file of a fleet that meets in a Redis. */
function fleetFile(redisPort: number, provider: string, limit: string, more = '') {
  return temporary({
    'warmline.yaml': `
providers:
  mine: { base_url: "${provider}", rate_limit: { ${limit} } }
distributed_pool:
  enabled: true
  redis_url: "redis://127.0.0.1:${redisPort}"
  health_check_interval: 200ms
  ${more}
`,
  });
}

/** Holds requests until it is told to answer, and knows how many it has had at once. */
async function holding() {
  const held: ServerResponse[] = [];
  const changes = new Changes();
  let most = 0;
  const server = await httpServer((_, response) => {
    held.push(response);
    most = Math.max(most, held.length);
    changes.change();
  });
  return Object.assign(server, {
    held,
    most: () => most,
    has: (count: number) => changes.untilTrue(() => held.length >= count),
    answer() {
      for (const response of held.splice(0)) response.end('done');
    },
  });
}

describeWith('redis-server', () => {
  it('has two processes share the requests at once, and the one that stays have them all', async () => {
    await using store = await redis();
    await using server = await holding();
    await using file = fleetFile(store.port, server.origin, 'concurrent_requests: 4');
    await using one = new Member(file.path('warmline.yaml'));
    await one.configure();
    expect(await one.share()).toEqual({
      provider: 'mine',
      processes: 1,
      limit: { concurrentRequests: 4 },
      share: { concurrentRequests: 4 },
    });
    await using other = new Member(file.path('warmline.yaml'));
    await other.configure();
    for (const member of [one, other]) {
      await member.until(({ limits }) => limits[0]?.share.concurrentRequests === 2);
    }
    await one.send(`${server.origin}/one`, 8);
    await other.send(`${server.origin}/other`, 8);
    await server.has(4);
    for (let done = 4; done <= 12; done += 4) {
      server.answer();
      await server.has(4);
    }
    expect(server.most()).toBe(4);
    server.answer();
    await other.until(({ answers }) => answers.done === 8);
    await other.leave();
    await one.until(({ limits }) => limits[0]?.share.concurrentRequests === 4);
    expect((await one.share()).processes).toBe(1);
  });

  it('keeps requests per minute to the limit, whoever comes later', async () => {
    await using store = await redis();
    await using server = await holding();
    await using file = fleetFile(store.port, server.origin, 'requests_per_minute: 10');
    await using one = new Member(file.path('warmline.yaml'));
    await one.configure();
    // What one process has used of a window is no other's.
    await one.send(server.origin, 8);
    await server.has(8);
    await using other = new Member(file.path('warmline.yaml'));
    await other.configure();
    await one.send(server.origin, 8);
    await other.send(server.origin, 8);
    await server.has(10);
    await other.until(({ limits }) => limits[0]?.processes === 2);
    await one.until(({ limits }) => limits[0]?.processes === 2);
    expect(server.most()).toBe(10);
  });

  it('forgets a process that has died', async () => {
    await using store = await redis();
    await using server = await holding();
    await using file = fleetFile(store.port, server.origin, 'concurrent_requests: 4');
    const members = [1, 2].map(() => new Member(file.path('warmline.yaml')));
    await using one = members[0] as Member;
    await using other = members[1] as Member;
    await Promise.all([one.configure(), other.configure()]);
    await one.until(({ limits }) => limits[0]?.processes === 2);
    await other.kill();
    const { limits } = await one.until(({ limits }) => limits[0]?.processes === 1);
    expect(limits[0]?.share).toEqual({ concurrentRequests: 4 });
  });

  it('has processes go on with their shares while it is away, and agree once it is back', async () => {
    await using store = await redis();
    await using way = await wayTo(store.port);
    await using server = await holding();
    await using file = fleetFile(way.port, server.origin, 'concurrent_requests: 4');
    await using one = new Member(file.path('warmline.yaml'));
    await using other = new Member(file.path('warmline.yaml'));
    await Promise.all([one.configure(), other.configure()]);
    await one.until(({ limits }) => limits[0]?.share.concurrentRequests === 2);
    way.cut(true);
    const { warnings } = await one.until(({ warnings }) => warnings.length > 0);
    expect(warnings).toMatchObject([{ code: 'WARMLINE_FLEET_UNREACHABLE' }]);
    await one.send(server.origin, 3);
    await server.has(2);
    server.answer();
    await server.has(1);
    server.answer();
    await one.until(({ answers }) => answers.done === 3);
    expect(server.most()).toBe(2);
    way.cut(false);
    await other.kill();
    await one.until(({ limits }) => limits[0]?.share.concurrentRequests === 4);
  });

  it('keeps limits under the hash tags of its shards', async () => {
    await using store = await redis();
    await using file = fleetFile(
      store.port,
      'http://127.0.0.1:9',
      'requests_per_minute: 10',
      'pool_sharding: true\n  shard_count: 3',
    );
    const text = readFileSync(file.path('warmline.yaml'), 'utf8');
    const other =
      '  other: { base_url: "http://127.0.0.1:8", rate_limit: { tokens_per_minute: 10 } }\n';
    file.write('warmline.yaml', text.replace('providers:\n', `providers:\n${other}`));
    await using one = new Member(file.path('warmline.yaml'));
    await one.configure();
    expect((await one.say()).warnings).toEqual([]);
    const client = await createClient({ url: `redis://127.0.0.1:${store.port}` }).connect();
    try {
      expect((await client.keys('*')).toSorted()).toEqual([
        expect.stringMatching(/^warmline:\{[0-2]\}:limit:mine$/),
        expect.stringMatching(/^warmline:\{[0-2]\}:limit:other$/),
      ]);
    } finally {
      client.destroy();
    }
  });

  it('takes a limit that changes, in its parts', async () => {
    await using store = await redis();
    await using server = await holding();
    await using file = fleetFile(store.port, server.origin, 'concurrent_requests: 4');
    await using larger = fleetFile(store.port, server.origin, 'concurrent_requests: 10');
    await using one = new Member(file.path('warmline.yaml'));
    await using other = new Member(file.path('warmline.yaml'));
    await Promise.all([one.configure(), other.configure()]);
    await one.send(server.origin, 6);
    await server.has(2);
    await Promise.all([one, other].map((member) => member.configure(larger.path('warmline.yaml'))));
    // Half by what they send: most of that falls to the one who does.
    await server.has(6);
    await other.until(({ limits }) => limits[0]?.limit.concurrentRequests === 10);
    expect((await other.share()).share.concurrentRequests).toBeGreaterThan(1);
  });

  it('that says nothing is not there', async () => {
    await using deaf = await listenOnLoopback(createServer(() => {}));
    await using file = fleetFile(deaf.port, 'http://127.0.0.1:9', 'requests_per_minute: 10');
    await using one = new Member(file.path('warmline.yaml'));
    await one.configure();
    expect((await one.say()).warnings).toMatchObject([
      { code: 'WARMLINE_FLEET_UNREACHABLE', message: expect.stringContaining('no answer') },
    ]);
  });

  it('has threads of one process for one, and keeps no process alive', async () => {
    await using store = await redis();
    for (const port of [store.port, 9]) {
      await using file = fleetFile(port, 'http://127.0.0.1:9', 'requests_per_minute: 10');
      const ending = await run(program('threads.mjs'), [file.path('warmline.yaml')]);
      expect(ending).toMatchObject({ code: 0, lines: ['1', '1'] });
    }
  });

  it('deals out no more than there is, whoever comes, goes and grows', async () => {
    await using store = await redis();
    const client = await createClient({ url: `redis://127.0.0.1:${store.port}` }).connect();
    const shares = new Map<string, number[]>();
    const kinds = [
      { limit: 100, used: 0 },
      { limit: 0, used: 7 },
      { limit: 12, used: 0 },
    ];
    try {
      for (let turn = 0; turn < 2000; turn++) {
        const member = `member ${randomInt(8)}`;
        if (randomInt(10) === 0) {
          await client.hDel('limit', member);
          shares.delete(member);
          continue;
        }
        const words = asked(
          member,
          60_000,
          1 + randomInt(3) * randomInt(500),
          kinds.map(({ limit }, kind) => ({
            limit,
            used: randomInt(1 + (shares.get(member)?.[kind] ?? 0)),
          })),
        );
        const answer = agreed(await client.eval(SCRIPT, { keys: ['limit'], arguments: words }));
        shares.set(member, [...answer.shares]);
        expect(answer.members).toBe(shares.size);
        for (const [kind, { limit }] of kinds.entries()) {
          const held = Object.values(await client.hGetAll('limit')).map((word) =>
            Number(word.split(' ')[3 + kind]),
          );
          const sum = held.reduce((one, other) => one + other, 0);
          // To each at least one.
          const most = limit === 0 ? 0 : limit + shares.size - 1;
          expect(sum).toBeLessThanOrEqual(most);
          for (const [at, each] of shares.get(member)?.entries() ?? []) {
            expect(each).toBeLessThanOrEqual(Math.max(kinds[at]?.limit ?? 0, 0));
          }
        }
      }
    } finally {
      client.destroy();
    }
  });

  it('that is not there costs a warning and no request', async () => {
    await using server = await holding();
    await using file = fleetFile(9, server.origin, 'concurrent_requests: 4');
    await using one = new Member(file.path('warmline.yaml'));
    await one.configure();
    expect((await one.say()).warnings).toMatchObject([{ code: 'WARMLINE_FLEET_UNREACHABLE' }]);
    await one.send(server.origin, 4);
    await server.has(4);
  });
});

it('without the package redis is told what to install', async () => {
  await using file = fleetFile(9, 'http://127.0.0.1:9', 'requests_per_minute: 10');
  const { lines } = await run(program('without-redis.mjs'), [file.path('warmline.yaml')]);
  expect(lines).toEqual(['distributed_pool.redis_url needs the package redis: npm install redis']);
});
