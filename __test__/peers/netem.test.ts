import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { jsonLines } from '../json-lines.js';

const program = fileURLToPath(new URL('programs/far-server.mjs', import.meta.url));

/** Runs a command in a network of its own, which is one bad line. */
const NAMESPACE = ['--map-root-user', '--net', 'sh', '-c'];
const LINE =
  'PATH="$PATH:/usr/sbin:/sbin"; ip link set lo up && tc qdisc add dev lo root netem delay 50ms loss 5% && exec "$@"';
const inNamespace = (...command: string[]) => [...NAMESPACE, LINE, 'sh', ...command];

/** Why there is no such network here; empty where there is. */
function missing(): string {
  const { error, status, stderr } = spawnSync('unshare', inNamespace('true'), { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  return status === 0 ? '' : stderr.trim().split('\n').join(', ') || `unshare ended with ${status}`;
}

const why = missing();

describe.skipIf(why !== '')(
  why === '' ? 'a network far away' : `a network far away, which this machine cannot make: ${why}`,
  () => {
    it('that loses one packet in twenty loses no request, and sends none twice', async () => {
      const { stdout } = await promisify(execFile)(
        'unshare',
        inNamespace(process.execPath, program),
      );
      const right = { right: 200, seen: 201, different: 201, inOrder: true };
      expect(jsonLines(stdout)).toEqual([
        { http2: 'never', ...right },
        { http2: 'prior-knowledge', ...right },
      ]);
    }, 120_000);
  },
);
