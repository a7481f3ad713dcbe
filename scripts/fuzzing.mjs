// Builds and runs the fuzz targets of fuzz/. By cargo alone: what cargo-fuzz adds to it is a few flags, and
// building cargo-fuzz takes longer than a short run of all targets.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { lastLines } from './failures.mjs';
import { environment, root, targetDir } from './paths.mjs';
import { shell } from './shell.mjs';

const folder = join(root, 'fuzz');
const buildDir = join(targetDir, 'fuzz');

/** Longer inputs are slower and find nothing that shorter ones do not. */
const MAX_BYTES = 4096;
/** An input that takes so long hangs. */
const HANG_SECONDS = 20;

/** What libFuzzer needs to see which code an input reaches. */
const RUSTFLAGS = [
  '--cfg fuzzing',
  '-Dwarnings',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
].join(' ');

/** The names of all targets. */
export const targets = readdirSync(join(folder, 'fuzz_targets'))
  .map((file) => file.replace(/\.rs$/, ''))
  .sort();

/** Where the targets are, once they are built, or what cargo said if they cannot be. */
async function build(names) {
  const { stdout } = spawnSync('rustc', ['-vV'], { env: environment, encoding: 'utf8' });
  const [, host] = /^host: (.+)$/m.exec(stdout) ?? [];
  // With a target of its own, build scripts are compiled without the flags.
  const bins = names.map((name) => `--bin ${name}`).join(' ');
  const { code, output } = await shell(
    `cargo build --release --manifest-path fuzz/Cargo.toml --target ${host} ${bins}`,
    { env: { RUSTFLAGS, CARGO_TARGET_DIR: buildDir } },
  );
  return code === 0 ? { programs: join(buildDir, host, 'release') } : { error: lastLines(output) };
}

/** Runs a built target. @returns {Promise<{ code: number, output: string }>} */
function execute(program, args, shown) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...environment, RUST_BACKTRACE: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (shown) process.stderr.write(text);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** A folder for what a target makes, out of the repository. */
function folderFor(kind, name) {
  const path = join(buildDir, kind, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Runs a target on new inputs for so long, from its seeds and from what earlier runs have found. */
function explore(programs, name, seconds, shown) {
  return execute(
    join(programs, name),
    [
      ...[folderFor('corpus', name), join(folder, 'seeds', name)],
      `-artifact_prefix=${folderFor('artifacts', name)}/`,
      ...[`-max_len=${MAX_BYTES}`, `-timeout=${HANG_SECONDS}`, `-max_total_time=${seconds}`],
    ],
    shown,
  );
}

/**
 * Runs targets, several at once, each for so many seconds. What goes wrong is shown, with the file of the input
 * that it went wrong with.
 *
 * @param {readonly string[]} names
 * @param {number} seconds
 * @returns {Promise<{ passed: number, failed: number, failures: string }>}
 */
export async function fuzz(names, seconds) {
  const { programs, error } = await build(names);
  if (programs === undefined) return { passed: 0, failed: names.length, failures: error };
  const waiting = [...names];
  const failures = [];
  async function work() {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { code, output } = await explore(programs, name, seconds, names.length === 1);
      if (code !== 0) failures.push(`${name}\n${lastLines(output)}`);
      if (code !== 0 && names.length > 1) console.error(output);
      const [, runs] = /^Done (\d+) runs/m.exec(output) ?? [];
      const outcome = code === 0 ? `${Number(runs).toLocaleString('en-US')} inputs` : 'FAILED';
      console.log(`${name.padEnd(14)} ${outcome}`);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const failed = failures.length;
  return { passed: names.length - failed, failed, failures: failures.join('\n') };
}

/** Runs a target on the input in a file. @returns {Promise<boolean>} whether it holds */
export async function again(name, file) {
  const { programs } = await build([name]);
  if (programs === undefined) return false;
  const { code } = await execute(join(programs, name), [file], true);
  return code === 0;
}
