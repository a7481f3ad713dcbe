// The benchmarks: warmline beside its peers in the same run. Prints tables and ratios, and writes
// bench/results/NAME.json.
import { withCircumstances, writeResults } from './harness/results.mjs';
import { targetLines } from './harness/targets.mjs';
import { paint } from './harness/terminal.mjs';
import { BENCHMARKS, readBenchOptions } from './options.mjs';
import { installPeers } from './peers/installed.mjs';

const { only, smoke, json } = readBenchOptions(process.argv.slice(2));
const say = (lines) => {
  if (!json) console.log(`${lines.join('\n')}\n`);
};

installPeers();
const all = [];
for (const name of only === undefined ? Object.keys(BENCHMARKS) : [only]) {
  const { run } = await import(`./${name}/case.mjs`);
  say([paint(['bold', 'underline'], BENCHMARKS[name])]);
  const results = withCircumstances(name, await run({ smoke, say }));
  all.push(results);
  // A smoke run is too short for its figures to mean anything.
  if (smoke) continue;
  say(targetLines(results.targets));
  say([`written to ${writeResults(name, results)}`]);
}
if (json) console.log(JSON.stringify(all, null, 2));
