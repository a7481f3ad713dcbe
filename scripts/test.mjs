// `npm test`: from a fresh clone to every test and check, on any supported Node.
// `npm test -- --only vitest,types` runs those steps alone; `--list` names them.
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';
import { steps } from './steps.mjs';

const names = steps.map(({ name }) => name);
const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } });
if (values.list) {
  console.log(names.join('\n'));
  process.exit();
}
const chosen = values.only?.split(',') ?? names;
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  process.exit(2);
}

await prepare();

const outcomes = new Map();
for (const { name, run, needs } of steps) {
  if (!chosen.includes(name)) continue;
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const outcome =
    outcomes.get(needs)?.failed > 0
      ? { passed: 0, failed: 1, skipped: `the ${needs} failed` }
      : await run();
  outcomes.set(name, { ...outcome, seconds: (performance.now() - started) / 1000 });
}

console.log('\n=== summary');
let passed = 0;
let failed = 0;
for (const [name, outcome] of outcomes) {
  passed += outcome.passed;
  failed += outcome.failed;
  const counts = outcome.skipped
    ? `not run: ${outcome.skipped}`
    : `${outcome.passed} passed, ${outcome.failed} failed`;
  const mark = outcome.failed > 0 ? 'FAILED' : outcome.skipped ? 'skipped' : 'ok';
  console.log(`${mark.padEnd(8)}${name.padEnd(11)}${counts} (${outcome.seconds.toFixed(1)} s)`);
}
const failures = [...outcomes].filter(([, outcome]) => outcome.failures);
if (failures.length > 0) console.log('\n=== failures');
for (const [name, outcome] of failures) console.log(`--- ${name}\n${outcome.failures}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
