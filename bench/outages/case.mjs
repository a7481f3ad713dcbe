// Outages: what comes of requests to a provider that fails in one way or another, and what load that adds to it.
import { runChild } from '../harness/child.mjs';
import { startProvider } from '../harness/provider.mjs';
import { columns, table } from '../harness/table.mjs';
import { duration, figure, paint, percent } from '../harness/terminal.mjs';
import { scenarios } from './scenarios.mjs';

/** Where each client is opened. */
const CLIENTS = {
  'built-in fetch': '../peers/resilience.mjs',
  'opossum over fetch': '../peers/resilience.mjs',
  'cockatiel over fetch': '../peers/resilience.mjs',
  'cockatiel, retries alone': '../peers/resilience.mjs',
  'OpenAI SDK': './openai.mjs',
  'OpenAI SDK, patched': './openai.mjs',
  HttpClient: './warmline.mjs',
  'HttpClient, idempotency keys': './warmline.mjs',
  'HttpClient, recovery after 2 s': './warmline.mjs',
  'HttpClient, limits followed': './warmline.mjs',
};
const OURS = Object.keys(CLIENTS).filter((name) => name.startsWith('HttpClient'));

/** Requests a second, and how many of them can wait until others are served. */
const RATE = 100;
const FULL = { seconds: 16, rate: RATE, lowShare: 0.2, seed: 1 };
const SMOKE = { ...FULL, seconds: 0.4 };

async function measure(client, module, phases, plan) {
  const provider = await startProvider();
  try {
    const url = `${provider.url}/v1/chat/completions`;
    const script = { url: `${provider.control}/script`, seed: plan.seed, phases };
    const outcome = await runChild(new URL('work.mjs', import.meta.url), {
      ...{ url, script, client, module, plan },
    });
    const { requests, requests_served_again: again } = await provider.stats();
    const { asked, delivered } = outcome;
    return { ...outcome, failed: 1 - delivered / asked, added: requests / asked - 1, again };
  } finally {
    await provider.stop();
  }
}

const chosen = [
  ['delivered', (row) => `${((1 - row.failed) * 100).toFixed(2)} %`],
  ['added load', (row) => percent(row.added)],
  columns.p50,
  columns.p99,
  ['p99, low priority', (row) => duration(row.lowP99)],
  ['served twice', (row) => figure(row.again)],
  ['with', (row) => mostly(row.errors)],
];

/** The errors that came most often. */
function mostly(errors) {
  const often = Object.entries(errors).sort(([, one], [, other]) => other - one);
  const words = often.slice(0, 2).map(([code, count]) => `${code} ${count}`);
  return words.join(', ') || '-';
}

function targetsOf({ five, twenty }) {
  const target = (what, share, wanted) => ({
    ...{ what, value: share * 100, bound: 'at most', wanted, unit: '%' },
  });
  return [
    ...['HttpClient', 'HttpClient, idempotency keys'].map((name) =>
      target(`5 % fail: what ${name} does not deliver`, five[name].failed, 0.5),
    ),
    // A fifth of the requests, and ten more.
    target(
      '20 % fail: load that HttpClient adds',
      twenty.HttpClient.added,
      20 + (10 / twenty.HttpClient.asked) * 100,
    ),
  ];
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const results = {};
  for (const [name, { title, phases }] of Object.entries(scenarios(plan.seconds, plan.rate))) {
    // All at once, each with a provider of its own: they do little but wait.
    const rows = await Promise.all(
      Object.entries(CLIENTS).map(async ([client, module]) => [
        client,
        await measure(client, module, phases, plan),
      ]),
    );
    results[name] = Object.fromEntries(rows);
    say([paint('bold', title), ...table(chosen, results[name], { ours: OURS })]);
  }
  return { plan, ...results, targets: targetsOf(results) };
}
