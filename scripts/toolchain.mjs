import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** How to get a C compiler, by the `ID` or `ID_LIKE` of /etc/os-release. */
const LINUX_C_COMPILER = [
  [/debian|ubuntu/, 'run `sudo apt-get install build-essential`'],
  [/fedora|rhel|centos/, 'run `sudo dnf install gcc make`'],
  [/alpine/, 'run `apk add build-base`'],
  [/arch/, 'run `sudo pacman -S base-devel`'],
  [/suse/, 'run `sudo zypper install gcc make`'],
];

const VSWHERE = ['Microsoft Visual Studio', 'Installer', 'vswhere.exe'];

/** The version that a command prints, or undefined if there is no such command. */
function versionOf(command, args = ['--version']) {
  const { error, status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  if (error || status !== 0) return undefined;
  return /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? '0.0';
}

function isOlder(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}

function hasCCompiler() {
  if (process.env.CC) return versionOf(process.env.CC) !== undefined;
  if (process.platform === 'win32') {
    // cl.exe is on PATH only in a developer prompt, but cargo finds an installed one by itself.
    const programs = process.env['ProgramFiles(x86)'] ?? process.env.ProgramFiles ?? '';
    return existsSync(join(programs, ...VSWHERE)) || versionOf('clang-cl') !== undefined;
  }
  return ['cc', 'gcc', 'clang'].some((name) => versionOf(name) !== undefined);
}

function cCompilerHint() {
  if (process.platform === 'darwin') return 'run `xcode-select --install`';
  if (process.platform === 'win32') {
    return 'install the Visual Studio Build Tools with "Desktop development with C++"';
  }
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const names = /^ID(_LIKE)?=.*$/gm;
  const system = (release.match(names) ?? []).join(' ');
  return (
    LINUX_C_COMPILER.find(([pattern]) => pattern.test(system))?.[1] ??
    'install gcc or clang with your package manager'
  );
}

/**
 * What this machine lacks to build the engine, as one line that says what to install; undefined if
 * it has everything.
 */
export function missingTool() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const oldestNode = engines.node.replace('>=', '');
  if (isOlder(process.versions.node, oldestNode)) {
    return `warmline needs Node ${oldestNode} or newer and this is ${process.versions.node}: install a newer one and run this again.`;
  }
  const manifest = readFileSync(join(root, 'Cargo.toml'), 'utf8');
  const wanted = /^rust-version = "(.+)"$/m.exec(manifest)?.[1] ?? '1.0';
  const cargo = versionOf('cargo');
  if (cargo === undefined) {
    const how =
      process.platform === 'win32'
        ? 'run `winget install Rustlang.Rustup`'
        : 'install it with rustup (https://rustup.rs)';
    return `warmline's engine is Rust, and there is no cargo here: ${how}, open a new terminal and run this again.`;
  }
  if (isOlder(cargo, wanted)) {
    return `warmline needs Rust ${wanted} or newer and found ${cargo}: run \`rustup update stable\` and run this again.`;
  }
  if (!hasCCompiler()) {
    return `warmline's TLS and allocator are C, and there is no C compiler here: ${cCompilerHint()} and run this again.`;
  }
  return undefined;
}

/** What this machine lacks to build the fuzz targets beside that, as one line; undefined if it has everything. */
export function missingForFuzzing() {
  if (process.platform === 'win32')
    return 'The fuzz targets need libFuzzer, which is not for Windows.';
  const compilers = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  if (compilers.some((name) => versionOf(name) !== undefined)) return undefined;
  return `The fuzz targets need libFuzzer, which is C++, and there is no C++ compiler here: ${cCompilerHint()}.`;
}
