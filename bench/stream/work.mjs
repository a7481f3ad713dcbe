// One way of reading streams, in one process: so many at once, each begun anew when it has ended.
import { report, task } from '../harness/child.mjs';
import { drive } from '../harness/drive.mjs';
import { Meter } from '../harness/meter.mjs';
import { readers } from './readers.mjs';

const { url, reader, streams, tokens, intervalMilliseconds, stamped, hogMilliseconds, plan } =
  task();

const headers = {
  'x-mock-tokens': String(tokens),
  'x-mock-interval-ms': String(intervalMilliseconds),
  ...(stamped && { 'x-mock-stamp': '1' }),
};
const {
  open,
  text: textOf,
  count: countOf = () => 1,
} = await readers[reader]({ url, streams, headers });

/** Delays of first tokens; those of the others are the run's own latencies. */
let firsts = new Meter();
let measured;

const now = () => performance.timeOrigin + performance.now();

async function readOne(run) {
  if (run.meter !== measured) {
    measured = run.meter;
    firsts = new Meter();
  }
  let isFirst = true;
  for await (const event of await open()) {
    if (run.stopped) return;
    const text = textOf(event);
    run.meter.count(countOf(event));
    if (!stamped || !text) continue;
    const delay = Math.max(0, now() - Number(text) / 1000);
    (isFirst ? firsts : run.meter).latency(delay);
    isFirst = false;
  }
}

/** Other work of the main thread: it is busy for so long at a time, half of the time. */
function hog() {
  const end = performance.now() + hogMilliseconds;
  while (performance.now() < end);
  setTimeout(hog, hogMilliseconds);
}
if (hogMilliseconds > 0) setTimeout(hog, hogMilliseconds);

const reading = await drive(readOne, { ...plan, concurrency: streams });
const { p50: firstP50, p99: firstP99 } = firsts.read();
report({ ...reading, firstP50, firstP99 });
