// The direction of the crates and of the rooms in warmline-http: warmline-node -> warmline-http ->
// warmline-pool, where the pool knows no runtime, no HTTP and no JavaScript. Each crate is also
// checked by itself, so that none compiles only thanks to features that another one turned on.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { root } from './paths.mjs';

/** What may be nowhere in a crate's dependencies, at any depth. */
const STRANGERS = {
  'warmline-pool': ['warmline-http', 'warmline-node', 'tokio', 'hyper', 'rustls', 'napi', 'http'],
  'warmline-http': ['warmline-node', 'napi', 'napi-derive'],
  'warmline-node': [],
};

/** Which modules of warmline-http the files of a folder may not name; execute.rs joins them. */
const ROOMS = {
  transport: ['policy', 'sse', 'client', 'execute'],
  policy: ['transport', 'sse', 'client', 'execute'],
  sse: ['transport', 'policy', 'client', 'execute'],
};

const problems = [];

function cargo(...args) {
  const { status, stdout, stderr } = spawnSync('cargo', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) problems.push(`cargo ${args.join(' ')}:\n${stderr}`);
  return stdout;
}

for (const [crate, strangers] of Object.entries(STRANGERS)) {
  const tree = cargo('tree', '--locked', '-p', crate, '-e', 'normal', '--prefix', 'none');
  const inside = new Set(tree.split('\n').map((line) => line.split(' ')[0]));
  for (const stranger of strangers) {
    if (inside.has(stranger))
      problems.push(`${crate} depends on ${stranger}, which is not its room`);
  }
  cargo('check', '--quiet', '--locked', '-p', crate);
}

const sources = join(root, 'crates', 'warmline-http', 'src');
for (const file of readdirSync(sources, { recursive: true })) {
  const room = file.replace(/\.rs$/, '').split(sep)[0];
  const forbidden = file.endsWith('.rs') ? ROOMS[room] : undefined;
  if (forbidden === undefined) continue;
  const code = readFileSync(join(sources, file), 'utf8');
  for (const module of forbidden) {
    if (new RegExp(`\\bcrate::${module}\\b`).test(code)) {
      problems.push(`crates/warmline-http/src/${file} (${room}) names crate::${module}`);
    }
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
