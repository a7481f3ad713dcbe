// Sends so many requests from four threads to a server that fails at random, and prints as JSON what the server
// counted, what the threads saw and what a monitor says once all is at rest. The seed is the first argument, the number
// of requests the second.
import { createServer } from 'node:http';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fetch } from 'warmline';
import { createMonitor } from 'warmline/monitor';

const THREADS = 4;
const AT_ONCE = 16;
const EVENTS = 3;

/** What becomes of a request, and of how many of a hundred. */
const FATES = [
  ['answered', 60],
  ['failed', 10],
  ['streamed', 10],
  ['last', 5],
  ['dropped', 5],
  ['broken', 5],
  ['endless', 5],
];

/** Mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fateOf(random) {
  let left = random * 100;
  return FATES.find(([, share]) => {
    left -= share;
    return left < 0;
  })[0];
}

const answers = {
  answered: (response) => response.end('body'),
  failed: (response) => response.writeHead(503).end('failed'),
  streamed: (response) =>
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end('data: token\n\n'.repeat(EVENTS)),
  last: (response) => response.writeHead(200, { connection: 'close' }).end('last'),
  dropped: (response) => response.socket.destroy(),
  broken: (response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.socket.destroy());
  },
  endless: (response) => response.writeHead(200, { 'x-endless': 'yes' }).write('a beginning'),
};

async function main(seed, requests) {
  const random = generator(seed);
  const counts = { ...Object.fromEntries(FATES.map(([name]) => [name, 0])), accepted: 0, open: 0 };
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const fate = fateOf(random());
      counts[fate] += 1;
      answers[fate](response);
    });
  });
  // Nothing is closed but by a fate, so that each is told from the others.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    counts.accepted += 1;
    counts.open += 1;
    socket.once('close', () => {
      counts.open -= 1;
    });
    socket.on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const monitor = createMonitor();
  const seen = await Promise.all(
    Array.from({ length: THREADS }, (_, at) => {
      const share = Math.floor(requests / THREADS) + (at < requests % THREADS ? 1 : 0);
      return new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { url, share } });
        worker.once('message', resolve).once('error', reject);
      });
    }),
  );
  const figures = async () => {
    const answer = await monitor.fetch(new Request('http://localhost/metrics'));
    return answer.json();
  };
  // The last connections are closed after their requests are over.
  let found = await figures();
  while (
    found.connection_pool.connections_active > 0 ||
    counts.open !== found.connection_pool.connections_idle
  ) {
    found = await figures();
  }
  console.log(JSON.stringify({ server: counts, seen, found }));
  process.exit();
}

/** A thread's requests; what it saw of them. */
async function work({ url, share }) {
  const seen = { answered: 0, failed: 0, broken: 0, left: 0 };
  let left = share;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const response = await fetch(url, { method: 'POST', body: 'asked' }).catch(() => undefined);
      if (response === undefined) {
        seen.failed += 1;
        continue;
      }
      seen.answered += 1;
      if (response.headers.has('x-endless')) {
        await response.body.cancel();
        seen.left += 1;
      } else {
        await response.text().catch(() => {
          seen.broken += 1;
        });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  parentPort.postMessage(seen);
}

if (isMainThread) await main(Number(process.argv[2]), Number(process.argv[3]));
else await work(workerData);
