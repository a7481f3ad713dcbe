// Pool operations: get + return through the public functions, against a pool in plain JavaScript
// and the Python package's.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runChild } from '../harness/child.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { columns, over, table, titled } from '../harness/table.mjs';
import { paint } from '../harness/terminal.mjs';
import { installPythonPool, pythonPackages } from '../peers/installed.mjs';

const THREADS = 4;
const FULL = { rounds: 5, warmUpSeconds: 0.5, seconds: 1 };
const SMOKE = { rounds: 1, warmUpSeconds: 0.1, seconds: 0.2 };

const PYTHON = 'fast-litellm (Python)';

async function measurePython(url, plan) {
  const { stdout } = await promisify(execFile)('python3', [
    fileURLToPath(new URL('python_pool.py', import.meta.url)),
    pythonPackages,
    url,
    String(plan.warmUpSeconds),
    String(plan.seconds),
  ]);
  return { perSecond: Number(stdout) };
}

async function measureThreads(url, threads, names, plan) {
  return inRounds(names, plan.rounds, (pool) =>
    pool === PYTHON
      ? measurePython(url, plan)
      : runChild(new URL('work.mjs', import.meta.url), { url, pool, threads, ...plan }),
  );
}

function threadLines(title, rows) {
  const chosen = [titled(columns.perSecond, 'get + return/s'), over('plain JS', rows['plain JS'])];
  return [paint('bold', title), ...table(chosen, rows)];
}

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const pools = ['plain JS', 'warmline'];
  const hasPython = !smoke && installPythonPool();
  const provider = await startProvider();
  let single;
  let shared;
  try {
    single = await measureThreads(provider.url, 1, hasPython ? [...pools, PYTHON] : pools, plan);
    say(threadLines('one thread', single));
    shared = await measureThreads(provider.url, THREADS, pools, plan);
    say(threadLines(`${THREADS} threads that share one pool`, shared));
  } finally {
    await provider.stop();
  }
  const ratio = (rows, peer) => rows.warmline.perSecond / rows[peer].perSecond;
  const targets = [
    {
      what: 'one thread: over plain JS',
      value: ratio(single, 'plain JS'),
      bound: 'at least',
      wanted: 1,
    },
    {
      what: `${THREADS} threads: over plain JS shared by messages`,
      value: ratio(shared, 'plain JS'),
      bound: 'at least',
      wanted: 20,
    },
  ];
  if (hasPython) {
    targets.push({
      what: `one thread: over ${PYTHON}`,
      value: ratio(single, PYTHON),
      bound: 'at least',
      wanted: 2,
    });
  }
  return { plan, single, shared, threads: THREADS, targets };
}
