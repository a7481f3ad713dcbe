// What was measured, on what, and when: one file for each benchmark.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { versions } from '../peers/installed.mjs';

function machine() {
  return {
    platform: `${process.platform} ${process.arch}`,
    kernel: release(),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

function packageVersion(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
}

/** The outcome of a benchmark with everything that it depends on. */
export function withCircumstances(name, outcome) {
  return {
    benchmark: name,
    date: new Date().toISOString(),
    machine: machine(),
    versions: {
      node: process.versions.node,
      'built-in undici': process.versions.undici,
      warmline: packageVersion('../../package.json'),
      openai: packageVersion('../../node_modules/openai/package.json'),
      '@anthropic-ai/sdk': packageVersion('../../node_modules/@anthropic-ai/sdk/package.json'),
      ...versions(),
    },
    ...outcome,
  };
}

/** @returns {string} the file that was written */
export function writeResults(name, results) {
  const file = new URL(`../results/${name}.json`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`);
  return `bench/results/${name}.json`;
}

/** Four digits: the rest is noise, and would make every run a difference of the whole file. */
function rounded(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}
