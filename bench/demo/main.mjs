// The demo: an unmodified OpenAI client does the same work as it comes and after `patch(client)`,
// over real sockets, against a provider in a process of its own.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runChild } from '../harness/child.mjs';
import { startProvider } from '../harness/provider.mjs';
import { paint } from '../harness/terminal.mjs';
import { readDemoOptions } from './options.mjs';
import { runReal } from './real.mjs';
import { PhaseScreen, ratios, summaryLines } from './screen.mjs';

const TRANSPORTS = [
  { name: 'openai', patched: false },
  { name: 'openai + patch(client)', patched: true },
];

/** Each event comes when it is due and not sooner: what a client saves is CPU, not time. */
const EVENTS_PER_SECOND = 100;
const STREAM_SECONDS = 1;

const PHASES = [
  {
    key: 'completions',
    title: 'chat.completions.create, 50 at a time',
    short: '50 requests at a time',
    unit: 'request',
    streaming: false,
    concurrency: 50,
    headers: {},
  },
  {
    key: 'streams',
    title: `chat.completions.create({ stream: true }), 100 streams of ${EVENTS_PER_SECOND} events/s`,
    short: '100 streams, paced by the server',
    unit: 'event',
    streaming: true,
    concurrency: 100,
    headers: {
      'x-mock-interval-ms': String(1000 / EVENTS_PER_SECOND),
      'x-mock-tokens': String(EVENTS_PER_SECOND * STREAM_SECONDS),
    },
  },
];

/** Measures one row: a fresh provider and a fresh client process. */
async function measure(phase, patched, times, onProgress) {
  const provider = await startProvider();
  try {
    const reading = await runChild(
      new URL('work.mjs', import.meta.url),
      { url: provider.url, phase, patched, times },
      { onProgress },
    );
    const stats = await provider.stats();
    return {
      ...reading,
      connections: stats.connections_accepted,
      requests: stats.requests,
      reusing: stats.requests_reusing,
    };
  } finally {
    await provider.stop();
  }
}

async function runPhase(phase, times, silent) {
  const screen = silent
    ? undefined
    : new PhaseScreen(
        phase,
        TRANSPORTS.map(({ name }) => name),
      );
  const results = [];
  for (const [row, { patched }] of TRANSPORTS.entries()) {
    const result = await measure(phase, patched, times, (reading) =>
      screen?.progress(row, reading),
    );
    screen?.finish(row, result);
    results.push(result);
  }
  screen?.close();
  return results;
}

async function runMock({ short, json }) {
  const openai = JSON.parse(
    readFileSync(new URL('../../node_modules/openai/package.json', import.meta.url), 'utf8'),
  );
  const times = short ? { warmUpSeconds: 0.5, seconds: 1 } : { warmUpSeconds: 2, seconds: 5 };
  if (!json) {
    console.log(
      `\n${paint('bold', 'warmline demo')}: openai ${openai.version} on Node ${process.version}, ` +
        `${availableParallelism()} cores, a mock provider in its own process\n`,
    );
  }
  const outcomes = [];
  for (const phase of PHASES) {
    const [plain, patched] = await runPhase(phase, times, json);
    outcomes.push({ phase, plain, patched });
  }
  if (json) {
    const results = outcomes.map(({ phase, plain, patched }) => [
      phase.key,
      { plain, patched, ratios: ratios(plain, patched) },
    ]);
    const report = { node: process.versions.node, openai: openai.version };
    console.log(JSON.stringify({ ...report, ...Object.fromEntries(results) }, null, 2));
  } else {
    console.log(summaryLines(outcomes).join('\n'));
  }
}

const options = readDemoOptions(process.argv.slice(2));
if (options.real) process.exitCode = await runReal(options);
else await runMock(options);
