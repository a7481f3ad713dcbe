import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cargoFailures, lastLines, vitestFailures } from './failures.mjs';
import { fuzz, targets } from './fuzzing.mjs';
import { environment, targetDir, toolsDir } from './paths.mjs';
import { shell } from './shell.mjs';
import { missingForFuzzing } from './toolchain.mjs';

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {string} [skipped] why the step was not run
 * @property {string} [failures] what failed, and how
 */

/** A check that counts as one test. */
function check(line, env) {
  return async () => {
    const { code, output } = await shell(line, { env });
    return code === 0
      ? { passed: 1, failed: 0 }
      : { passed: 0, failed: 1, failures: lastLines(output) };
  };
}

/** A check by a program that may be missing on this machine. */
function optionalCheck(find, line) {
  return () => {
    const program = find();
    return program === undefined
      ? { passed: 0, failed: 0, skipped: 'not installed, see CONTRIBUTING.md' }
      : check(line(program))();
  };
}

const succeeds = (command, args) =>
  spawnSync(command, args, { env: environment, stdio: 'ignore' }).status === 0;

function findCargoDeny() {
  return succeeds('cargo', ['deny', '--version']) ? 'cargo deny' : undefined;
}

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

/** actionlint from PATH, else built once with the Go toolchain if there is one. */
function findActionlint() {
  if (succeeds('actionlint', ['-version'])) return 'actionlint';
  const installed = spawnSync('go', ['install', ACTIONLINT], {
    env: { ...environment, GOBIN: join(toolsDir, 'bin'), GOTOOLCHAIN: 'local' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return installed.status === 0 ? 'actionlint' : undefined;
}

/** `cargo test`, counted by libtest's own closing lines, one for each test binary. */
function cargoTest(line, env) {
  return async () => {
    const { code, stdout, output } = await shell(line, { env });
    let passed = 0;
    let failed = 0;
    for (const [, ok, bad] of stdout.matchAll(/^test result: .*?(\d+) passed; (\d+) failed;/gm)) {
      passed += Number(ok);
      failed += Number(bad);
    }
    if (code === 0) return { passed, failed };
    // A test that does not compile, or a process that died, leaves no count of its own.
    return { passed, failed: failed || 1, failures: cargoFailures(stdout, output) };
  };
}

async function vitest() {
  const report = join(targetDir, 'vitest.json');
  rmSync(report, { force: true });
  const { code, output } = await shell(
    `vitest run --reporter=default --reporter=json --outputFile.json="${report}"`,
  );
  const { numPassedTests: passed, numFailedTests: failed } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { numPassedTests: 0, numFailedTests: 0 };
  if (code === 0) return { passed, failed };
  // An unhandled rejection or a file that does not load fails the run without failing a test.
  return { passed, failed: failed || 1, failures: vitestFailures(output) };
}

// A model of the pool under loom is its own build: another cfg, and optimised, as it explores every
// interleaving. Without the release profile's link-time optimisation it builds in a tenth of the time.
const LOOM = {
  RUSTFLAGS: '--cfg loom',
  CARGO_TARGET_DIR: join(targetDir, 'loom'),
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
};

/** Long enough to run every seed and to miss what somebody has just broken; `npm run fuzz` looks further. */
const FUZZ_SECONDS = 15;

async function fuzzBriefly() {
  const missing = missingForFuzzing();
  if (missing !== undefined) return { passed: 0, failed: 0, skipped: missing };
  return fuzz(targets, FUZZ_SECONDS);
}

/**
 * Everything that `npm test` runs, the quick ones first. A step that needs the build is counted as
 * failed when that did not succeed.
 *
 * @type {readonly { name: string, run: () => Outcome | Promise<Outcome>, needs?: 'build' }[]}
 */
export const steps = [
  {
    name: 'lint',
    run: check(`biome ci --error-on-warnings --colors=${process.stdout.isTTY ? 'force' : 'off'} .`),
  },
  { name: 'layers', run: check('depcruise src') },
  {
    name: 'rustfmt',
    run: check('cargo fmt --all --check && cargo fmt --manifest-path fuzz/Cargo.toml --check'),
  },
  { name: 'crates', run: check('node scripts/crates.mjs') },
  { name: 'workflows', run: optionalCheck(findActionlint, (program) => program) },
  {
    name: 'deny',
    run: optionalCheck(
      findCargoDeny,
      (program) => `${program} --offline --all-features check licenses bans sources`,
    ),
  },
  {
    name: 'build',
    // The mock provider is what the SDKs are tested against, and a binding that panics on demand shows what
    // becomes of a panic.
    run: check(
      'npm run --silent build && npm run --silent build:provider && npm run --silent build:panics',
    ),
  },
  {
    name: 'types',
    needs: 'build',
    run: check(
      'tsc -p tsconfig.json && npm run --silent types:check && npm run --silent config:check && npm run --silent grafana:check',
    ),
  },
  { name: 'vitest', needs: 'build', run: vitest },
  { name: 'nodes', needs: 'build', run: check('node scripts/nodes.mjs') },
  { name: 'package', needs: 'build', run: check('node scripts/package.mjs') },
  { name: 'clippy', run: check('cargo clippy --workspace --all-targets --locked -- -D warnings') },
  { name: 'cargo', run: cargoTest('cargo test --workspace --locked') },
  {
    name: 'loom',
    run: cargoTest('cargo test -p warmline-pool --release --locked --test loom', LOOM),
  },
  { name: 'fuzz', run: fuzzBriefly },
];
