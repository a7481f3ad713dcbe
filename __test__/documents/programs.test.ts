import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../servers/certificates.js';
import { providerProgram } from '../servers/provider.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const internet = fileURLToPath(new URL('programs/internet.mjs', import.meta.url));
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

/** A block of code, by its page and the heading that it stands below. */
interface Block {
  readonly name: string;
  readonly code: string;
}

function blocks(page: string, language: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  let heading = page;
  const found: Block[] = [];
  for (const [, title, tongue, code] of text.matchAll(/^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = `${page}, ${title}`;
    if (tongue === language && code !== undefined) {
      const earlier = found.filter(({ name }) => name.startsWith(heading)).length;
      found.push({ name: earlier === 0 ? heading : `${heading}, ${earlier + 1}`, code });
    }
  }
  return found;
}

const HOSTS = ['api.openai.com', 'example.com', 'eu.example.com', 'us.example.com'];
/** Runs a command where those names are this machine. */
const NAMESPACE = ['--map-root-user', '--net', '--mount', 'sh', '-c'];
const WORLD =
  'PATH="$PATH:/usr/sbin:/sbin"; mount --bind "$0" /etc/hosts && ip link set lo up && exec "$@"';
const inNamespace = (hosts: string, ...command: string[]) => [
  ...NAMESPACE,
  WORLD,
  hosts,
  ...command,
];

/** Why there is no such place here; empty where there is. */
function missing(): string {
  const { error, status, stderr } = spawnSync('unshare', inNamespace('/etc/hosts', 'true'), {
    encoding: 'utf8',
  });
  if (error !== undefined) return error.message;
  return status === 0 ? '' : stderr.trim().split('\n').join(', ') || `unshare ended with ${status}`;
}

const why = missing();
const programs = pages.flatMap((page) => blocks(page, 'js'));

describe.skipIf(why !== '')(
  why === ''
    ? 'the programs in the documents'
    : `the programs in the documents, for which this machine has no room: ${why}`,
  () => {
    const outcomes = new Map<string, { ended: number | string; stdout: string; stderr: string }>();
    // Inside the package, so that 'warmline' is what was built.
    mkdirSync(join(root, 'target'), { recursive: true });
    const folder = mkdtempSync(join(root, 'target', 'documents-'));
    const file = (at: number) => join(folder, `${at}.mjs`);

    beforeAll(async () => {
      const authority = new CertificateAuthority('the authority of a company');
      const server = authority.issue({ name: 'the internet', hosts: HOSTS });
      const person = authority.issue({ name: 'a person' });
      for (const [name, content] of Object.entries({
        hosts: `127.0.0.1 localhost ${HOSTS.join(' ')}\n`,
        'cert.pem': server.cert,
        'key.pem': server.key,
        'company-ca.pem': authority.cert,
        'me.pem': person.cert,
        'me.key': person.key,
        'warmline.yaml': blocks('README.md', 'yaml')[0]?.code ?? '',
      })) {
        writeFileSync(join(folder, name), content);
      }
      programs.forEach(({ code }, at) => {
        writeFileSync(file(at), code);
      });
      const { stdout } = await promisify(execFile)(
        'unshare',
        inNamespace(
          join(folder, 'hosts'),
          process.execPath,
          internet,
          providerProgram,
          folder,
          ...programs.map((_, at) => file(at)),
        ),
        {
          maxBuffer: 2 ** 24,
          env: {
            PATH: process.env['PATH'],
            OPENAI_API_KEY: 'sk-of-the-reader',
            NODE_ENV: 'development',
            NODE_EXTRA_CA_CERTS: join(folder, 'company-ca.pem'),
          },
        },
      );
      for (const line of stdout.trim().split('\n')) {
        const { program, ...outcome } = JSON.parse(line);
        outcomes.set(program, outcome);
      }
    }, 120_000);
    afterAll(() => rm(folder, { recursive: true }));

    it.each(programs.map(({ name }, at) => ({ name, at })))('$name', ({ at }) => {
      const outcome = outcomes.get(file(at));
      expect(outcome).toMatchObject({ ended: 0, stderr: '' });
      // What it prints is there, too.
      expect(outcome?.stdout).not.toMatch(/^undefined/m);
    });
  },
);
