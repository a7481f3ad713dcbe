// The real OpenAI SDK as it comes, patched, and on a transport that costs nothing.
import { runChild } from '../harness/child.mjs';
import { layOut } from '../harness/cores.mjs';
import { startProvider } from '../harness/provider.mjs';
import { inRounds } from '../harness/rounds.mjs';
import { requestColumns, table } from '../harness/table.mjs';
import { paint } from '../harness/terminal.mjs';

const TITLES = {
  plain: 'openai',
  patched: 'openai + patch(client)',
  stub: 'openai on a stub that answers at once',
};
const CONCURRENCY = 50;
const FULL = { rounds: 3, warmUpSeconds: 2, warmUpCount: 10_000, seconds: 3 };
const SMOKE = { rounds: 1, warmUpSeconds: 0.2, seconds: 0.3 };

/** @param {{ smoke: boolean, say: (lines: readonly string[]) => void }} options */
export async function run({ smoke, say }) {
  const plan = smoke ? SMOKE : FULL;
  const cores = layOut(2);
  const provider = await startProvider({ threads: cores.server.length, cores: cores.server });
  let rows;
  try {
    rows = await inRounds(Object.keys(TITLES), plan.rounds, (transport) =>
      runChild(
        new URL('work.mjs', import.meta.url),
        { url: provider.url, transport, concurrency: CONCURRENCY, plan },
        { cores: cores.client },
      ),
    );
  } finally {
    await provider.stop();
  }
  const { plain, patched, stub } = rows;
  const named = Object.entries(rows).map(([transport, row]) => [TITLES[transport], row]);
  say([
    paint('bold', `chat.completions.create, not streamed, ${CONCURRENCY} at a time`),
    ...table(requestColumns('openai', plain), Object.fromEntries(named)),
  ]);
  const targets = [
    {
      what: 'patched over unpatched',
      value: patched.perSecond / plain.perSecond,
      bound: 'at least',
      wanted: 4.5,
    },
    {
      what: 'patched over the stub',
      value: (100 * patched.perSecond) / stub.perSecond,
      bound: 'at least',
      wanted: 65,
      unit: '%',
    },
  ];
  return { plan, cores, concurrency: CONCURRENCY, rows, targets };
}
