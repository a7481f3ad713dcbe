import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CertificateAuthority } from '../servers/certificates.js';
import { echo, http2Server } from '../servers/http2.js';
import { run } from '../workers/program.js';

const authority = new CertificateAuthority('Root');
const identity = authority.issue({ name: 'leaf', hosts: ['localhost', '127.0.0.1'] });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warmline-http2-'));
  await writeFile(join(folder, 'ca.pem'), authority.cert);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('a lease at an HTTP/2 origin holds one stream of a shared connection', async () => {
  await using server = await http2Server(identity, echo, {
    settings: { maxConcurrentStreams: 2 },
  });
  const program = new URL('programs/leases.mjs', import.meta.url).href;
  const { code, lines, stderr } = await run(program, [server.origin], [], {
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(lines[0] as string)).toEqual({
    protocols: ['h2', 'h2', 'h2'],
    answers: ['x', 'x', 'x'],
    connections: 2,
    full: 3,
    reused: true,
    healthy: true,
    gone: false,
  });
});
