// A client that nobody watches and one whose monitor is scraped ten times a second, in one process and in turns so short
// that whatever slows the machine down slows both; then what a scrape and a dashboard cost by themselves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HttpClient } from 'warmline';
import { createMonitor } from 'warmline/monitor';
import { report, task } from '../harness/child.mjs';
import { openPosts } from '../harness/posts.mjs';
import { inTurns } from '../harness/turns.mjs';

const { url, concurrency, origins, viewers, plan } = task();
const SCRAPE_INTERVAL = 100;

/** Listens, and has another process scrape it: what a scrape costs the one who asks is not this process's. */
async function scraped(client) {
  const monitor = createMonitor({ client });
  const { url: page } = await monitor.listen(0);
  const program = fileURLToPath(new URL('scraper.mjs', import.meta.url));
  const scraper = spawn(process.execPath, [program, page], { stdio: ['pipe', 'pipe', 'inherit'] });
  const tell = (line) => scraper.stdin.write(`${line}\n`);
  return {
    tell,
    async times(count) {
      tell(`times ${count}`);
      await once(scraper.stdout, 'data');
    },
    async close() {
      scraper.stdin.end();
      await once(scraper, 'exit');
      await monitor.close();
    },
  };
}

async function posts(client) {
  const headers = { 'content-type': 'application/json' };
  return openPosts({
    client: 'HttpClient',
    open:
      async ({ body }) =>
      async () =>
        (await client.request('POST', url, { headers, body })).json(),
  });
}

async function turns() {
  const options = { maxKeepaliveConnections: concurrency };
  const watched = new HttpClient(options);
  const scraper = await scraped(watched);
  const clients = { plain: await posts(new HttpClient(options)), watched: await posts(watched) };
  const readings = await inTurns(clients, { concurrency, plan }, (name) => {
    if (name !== 'watched') return () => {};
    scraper.tell(`every ${SCRAPE_INTERVAL}`);
    return () => scraper.tell('stop');
  });
  await scraper.close();
  return readings;
}

/** Main-thread milliseconds of CPU that a scrape of so many origins takes. */
async function scrape() {
  const { port } = new URL(url);
  const names = Array.from({ length: origins }, (_, index) => `host${index}.test`);
  const hosts = Object.fromEntries(names.map((name) => [name, '127.0.0.1']));
  const client = new HttpClient({ dns: { hosts } });
  for (const name of names) await client.request('GET', `http://${name}:${port}/`);
  const scraper = await scraped(client);
  await scraper.times(plan.scrapes);
  const before = process.threadCpuUsage();
  await scraper.times(plan.scrapes);
  const { user, system } = process.threadCpuUsage(before);
  await scraper.close();
  await client.close();
  return (user + system) / 1000 / plan.scrapes;
}

/** CPU of this process while so many watch, in percent of a core, beyond that of the process at rest. */
async function dashboard() {
  const percent = async () => {
    const before = process.cpuUsage();
    await wait(plan.watchSeconds * 1000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e4 / plan.watchSeconds;
  };
  const atRest = await percent();
  const monitor = createMonitor();
  const { url: page } = await monitor.listen(0);
  const program = fileURLToPath(new URL('viewers.mjs', import.meta.url));
  const watching = spawn(process.execPath, [program, page, `${viewers}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(watching.stdout, 'data');
  const watched = await percent();
  watching.stdin.end();
  await monitor.close();
  return watched - atRest;
}

report({ turns: await turns(), scrapeMillis: await scrape(), dashboardPercent: await dashboard() });
