// nginx with HTTP/2 and a certificate of its own: answers every POST with the same 600 bytes.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { certificate } from '../harness/certificate.mjs';
import { pinned } from '../harness/cores.mjs';

/** Debian keeps servers where not everybody's PATH leads. */
const env = { ...process.env, PATH: [process.env.PATH, '/usr/sbin'].join(delimiter) };

const ANSWER_BYTES = 600;
const START_LOOK_MILLISECONDS = 10;

const there = (program, flag) => spawnSync(program, [flag], { env }).error === undefined;

/** What is missing to start one, if anything is. @returns {string | undefined} */
export function missingServer() {
  return [
    ['nginx', '-v'],
    ['openssl', 'version'],
  ].find(([program, flag]) => !there(program, flag))?.[0];
}

function answer() {
  const text = (content) =>
    JSON.stringify({ object: 'chat.completion', choices: [{ message: { content } }] });
  return text('x'.repeat(ANSWER_BYTES - text('').length));
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await wait(START_LOOK_MILLISECONDS);
  }
}

/**
 * Starts a server on a free port.
 *
 * @param {{ cores?: readonly number[], streams: number }} options `cores`: where it may run; `streams`:
 *   how many it allows on a connection
 * @returns {Promise<{ url: string, ca: string, stop: () => Promise<void> }>}
 */
export async function startServer({ cores, streams }) {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-bench-'));
  const ca = certificate(folder);
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; pid ${folder}/pid; error_log stderr crit; worker_processes ${cores?.length ?? 1};
    events { worker_connections 1024; }
    http {
      access_log off; default_type application/json;
      client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
      uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      keepalive_requests 100000000; http2_max_concurrent_streams ${streams};
      server {
        listen 127.0.0.1:${port} ssl http2;
        ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
        location / { return 200 '${answer()}'; }
      }
    }`,
  );
  const [command, args] = pinned(cores, 'nginx', ['-p', folder, '-e', 'stderr', '-c', config]);
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([
    listening(port),
    ended.then(([code]) => Promise.reject(new Error(`nginx ended with ${code}`))),
  ]);
  return {
    url: `https://localhost:${port}/v1/chat/completions`,
    ca,
    stop: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
