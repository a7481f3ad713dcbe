import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from './certificates.js';

/** A server of somebody else's, in a process of its own. */
export interface Daemon extends AsyncDisposable {
  readonly port: number;
}

/** Debian keeps servers where not everybody's PATH leads. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/**
 * Whether a program is to be tested with. Where `.ci/run` has installed it, a test that finds it missing
 * fails; elsewhere the test is left out.
 */
export function isExpected(program: string): boolean {
  if (process.env['WARMLINE_EXPECT_SERVERS'] !== undefined) return true;
  return spawnSync(program, ['-v'], { env }).error === undefined;
}

/** nginx with this server block, in which `LISTEN` is where it listens and `TLS` its certificate. */
export async function nginx(identity: Identity, server: string): Promise<Daemon> {
  return await daemon(identity, 'nginx', async (folder, port) => {
    const filled = server
      .replace('LISTEN', `127.0.0.1:${port}`)
      .replace('TLS', `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem`);
    const config = `
      daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
      events {}
      http {
        access_log off;
        client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
        uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
        server { ${filled} }
      }`;
    await writeFile(join(folder, 'nginx.conf'), config);
    return ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
  });
}

/** nghttpd with these options, which answers with what it is sent. */
export async function nghttpd(identity: Identity, options: readonly string[]): Promise<Daemon> {
  return await daemon(identity, 'nghttpd', async (folder, port) => {
    const files = options.includes('--no-tls')
      ? []
      : [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    return ['--echo-upload', '-a', '127.0.0.1', ...options, String(port), ...files];
  });
}

async function daemon(
  identity: Identity,
  program: string,
  setUp: (folder: string, port: number) => Promise<string[]>,
): Promise<Daemon> {
  const folder = await mkdtemp(join(tmpdir(), `warmline-${program}-`));
  await writeFile(join(folder, 'cert.pem'), identity.cert);
  await writeFile(join(folder, 'key.pem'), identity.key);
  const port = await freePort();
  const child = spawn(program, await setUp(folder, port), {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([
    listening(port, child),
    ended.then(([code]) => Promise.reject(new Error(`${program} ended with ${code}`))),
  ]);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** A port that was free a moment ago: these programs cannot be asked which one they got. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once something listens there. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
  }
}
