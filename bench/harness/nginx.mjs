// nginx with a certificate of its own: answers every POST with the same 600 bytes.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { certificate } from './certificate.mjs';
import { pinned } from './cores.mjs';

/** Debian keeps servers where not everybody's PATH leads. */
const env = { ...process.env, PATH: [process.env.PATH, '/usr/sbin'].join(delimiter) };

const ANSWER_BYTES = 600;
const START_LOOK_MILLISECONDS = 10;

const there = (program, flag) => spawnSync(program, [flag], { env }).error === undefined;

/**
 * What is missing to start one, if anything is, which is said. Where WARMLINE_PEERS is set, nothing may be.
 *
 * @param {string} what is left out then
 * @param {(lines: readonly string[]) => void} say
 * @returns {string | undefined}
 */
export function missingServer(what, say) {
  const [missing] =
    [
      ['nginx', '-v'],
      ['openssl', 'version'],
    ].find(([program, flag]) => !there(program, flag)) ?? [];
  if (missing === undefined) return undefined;
  if (process.env.WARMLINE_PEERS) throw new Error(`${missing} is not installed`);
  say([`left out, as ${missing} is not installed: ${what}`]);
  return missing;
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

/** Until somebody listens there. nginx opens its sockets in the order of its configuration: the last one is all. */
async function listening(path) {
  for (;;) {
    const socket = connect(path);
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await wait(START_LOOK_MILLISECONDS);
  }
}

const statusSocket = (folder) => join(folder, 'status.sock');

/** How many connections it has taken so far. */
async function accepted(folder) {
  const request = get({ socketPath: statusSocket(folder), path: '/', agent: false });
  const [response] = await once(request, 'response');
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  const [, count] = /^ *(\d+) \d+ \d+/m.exec(text) ?? [];
  return Number(count);
}

/**
 * @typedef {object} Server
 * @property {string} url what answers
 * @property {string} ca its certificate, in PEM
 * @property {string} caFile the same as a file
 * @property {() => Promise<number>} connections how many clients have opened
 * @property {() => Promise<string>} stop gives what it has logged
 */

/**
 * Starts a server on a free port.
 *
 * @param {object} options
 * @param {readonly number[]} [options.cores] where it may run
 * @param {boolean} [options.http2]
 * @param {string} [options.directives] of its `http` block
 * @param {string} [options.log] what it logs of a request, in variables of nginx
 * @returns {Promise<Server>}
 */
export async function startServer({ cores, http2 = false, directives = '', log }) {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-bench-'));
  const ca = certificate(folder);
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const logFile = join(folder, 'requests.log');
  writeFileSync(
    config,
    `daemon off; pid ${folder}/pid; error_log stderr crit; worker_processes ${cores?.length ?? 1};
    events { worker_connections 1024; }
    http {
      default_type application/json;
      client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
      uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      keepalive_requests 100000000; ${directives}
      ${log === undefined ? 'access_log off;' : `log_format its '${log}'; access_log ${logFile} its buffer=64k;`}
      server {
        listen 127.0.0.1:${port} ssl${http2 ? ' http2' : ''};
        ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
        location / { return 200 '${answer()}'; }
      }
      server {
        listen unix:${statusSocket(folder)}; access_log off;
        location / { stub_status; }
      }
    }`,
  );
  const [command, args] = pinned(cores, 'nginx', ['-p', folder, '-e', 'stderr', '-c', config]);
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([
    listening(statusSocket(folder)),
    ended.then(([code]) => Promise.reject(new Error(`nginx ended with ${code}`))),
  ]);
  const atStart = await accepted(folder);
  let asked = 0;
  return {
    url: `https://localhost:${port}/v1/chat/completions`,
    ca,
    caFile: join(folder, 'cert.pem'),
    connections: async () => {
      // Each question comes on a connection, too.
      asked++;
      return (await accepted(folder)) - atStart - asked;
    },
    stop: async () => {
      child.kill();
      await ended;
      const logged = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
      rmSync(folder, { recursive: true });
      return logged;
    },
  };
}
