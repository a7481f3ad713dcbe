// `npm run bench`: from a fresh clone to the benchmarks, on any supported Node.
import { readBenchOptions } from '../bench/options.mjs';
import { prepareAndBuild } from './prepare.mjs';
import { become } from './shell.mjs';

const args = process.argv.slice(2);
readBenchOptions(args);
await prepareAndBuild();
become('bench/run.mjs', args);
