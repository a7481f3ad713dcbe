// The benchmarks: warmline beside its peers in the same run. Prints tables and ratios, and writes
// bench/results/NAME.json.
import { parseArgs } from 'node:util';
import { run as gateway } from './gateway/case.mjs';
import { withCircumstances, writeResults } from './harness/results.mjs';
import { targetLines } from './harness/targets.mjs';
import { paint } from './harness/terminal.mjs';
import { run as http2 } from './http2/case.mjs';
import { run as memory } from './memory/case.mjs';
import { run as metrics } from './metrics/case.mjs';
import { run as outages } from './outages/case.mjs';
import { installPeers } from './peers/installed.mjs';
import { run as policies } from './policies/case.mjs';
import { run as pool } from './pool/case.mjs';
import { run as requests } from './requests/case.mjs';
import { run as scaling } from './scaling/case.mjs';
import { run as sdk } from './sdk/case.mjs';
import { run as soak } from './soak/case.mjs';
import { run as stream } from './stream/case.mjs';
import { run as threads } from './threads/case.mjs';
import { run as tls } from './tls/case.mjs';
import { run as waiting } from './waiting/case.mjs';
import { run as warmth } from './warmth/case.mjs';

const BENCHMARKS = {
  requests: { title: 'Requests: 1 KB up, 600 B down', run: requests },
  http2: { title: 'HTTP/2: many POSTs on one connection', run: http2 },
  tls: { title: 'TLS handshakes', run: tls },
  threads: { title: 'Worker threads', run: threads },
  sdk: { title: 'The OpenAI SDK', run: sdk },
  stream: { title: 'Streams of tokens', run: stream },
  gateway: { title: 'Gateways', run: gateway },
  pool: { title: 'Pool operations', run: pool },
  warmth: { title: 'Warm connections', run: warmth },
  outages: { title: 'Outages', run: outages },
  waiting: { title: 'Waiting for a rate limit', run: waiting },
  policies: { title: 'Policies', run: policies },
  metrics: { title: 'Metrics', run: metrics },
  scaling: { title: 'Scaling', run: scaling },
  memory: { title: 'Memory', run: memory },
  soak: { title: 'Soak', run: soak },
};

const HELP = `npm run bench -- [options]
  --only NAME   one of ${Object.keys(BENCHMARKS).join(', ')}
  --smoke       everything once and briefly, to see that it works; writes no results
  --json        the results as JSON on standard output, and nothing else there`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const say = (lines) => {
  if (!values.json) console.log(`${lines.join('\n')}\n`);
};

async function runAll(names) {
  installPeers();
  const all = [];
  for (const name of names) {
    const { title, run } = BENCHMARKS[name];
    say([paint(['bold', 'underline'], title)]);
    const results = withCircumstances(name, await run({ smoke: values.smoke, say }));
    all.push(results);
    // A smoke run is too short for its figures to mean anything.
    if (values.smoke) continue;
    say(targetLines(results.targets));
    say([`written to ${writeResults(name, results)}`]);
  }
  if (values.json) console.log(JSON.stringify(all, null, 2));
}

const names = values.only === undefined ? Object.keys(BENCHMARKS) : [values.only];
if (values.help) console.log(HELP);
else if (names.every((name) => name in BENCHMARKS)) await runAll(names);
else {
  console.error(HELP);
  process.exitCode = 1;
}
